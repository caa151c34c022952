import { connect } from 'node:net';
import { Connection } from '@temporalio/client';
import { MillraceError } from '../errors/error.js';
import type { ServerProcess } from '../process/child.js';
import { until } from '../process/wait.js';

const START_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 2_000;
/** The development server forgets closed workflows after a day; people come back to look later. */
const RETENTION_DAYS = 7;
const SECONDS_PER_DAY = 86_400;

/**
 * Waits until the namespace can be used.
 * @throws MillraceError `setup.unavailable` when the server ends or does not answer in time
 */
export async function waitUntilServing(address: string, namespace: string, server: ServerProcess): Promise<void> {
  const connection = Connection.lazy({ address });
  try {
    // a gRPC channel that is refused once waits a second before it tries again, so a bare connection knocks first
    const serving =
      (await until(() => server.hasEnded() || accepts(address), { timeoutMs: START_TIMEOUT_MS })) &&
      (await until(() => server.hasEnded() || answers(connection, namespace), { timeoutMs: START_TIMEOUT_MS }));
    if (server.hasEnded()) throw new MillraceError('setup.unavailable', { detail: await server.ended });
    if (!serving) throw new MillraceError('setup.unavailable', { detail: `The Temporal server at ${address} does not answer.` });
  } finally {
    await connection.close();
  }
}

function accepts(address: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function answers(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => keepWorkflowsLonger(connection, namespace));
    return true;
  } catch {
    return false; // not up yet; the caller looks again
  }
}

async function keepWorkflowsLonger(connection: Connection, namespace: string): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace });
  const wanted = RETENTION_DAYS * SECONDS_PER_DAY;
  if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= wanted) return;
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: wanted as never } },
  });
}
