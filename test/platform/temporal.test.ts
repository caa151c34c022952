import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client, Connection, ScheduleOverlapPolicy } from '@temporalio/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isMillraceError } from '../../platform/errors/error.js';
import { isAlive } from '../../platform/process/inspect.js';
import {
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
  SEARCH_ATTRIBUTES,
  startTemporal,
} from '../../platform/temporal/server.js';
import { servers } from '../support/servers.js';
import { type TempHome, processesNaming, tempHome } from '../support/temp-home.js';

let home: TempHome;
const started: EmbeddedTemporal[] = [];
const anyPort = (variable: string) => ({ port: 0, mustBe: false, variable });

beforeEach(async () => {
  home = await tempHome('temporal');
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  expect(processesNaming(home.path)).toEqual([]);
  await home[Symbol.asyncDispose]();
});

async function start(options: Partial<EmbeddedTemporalOptions> = {}): Promise<EmbeddedTemporal> {
  const server = await startTemporal({
    binary: servers().temporalBinary,
    home: home.path,
    port: anyPort('MILLRACE_TEMPORAL_PORT'),
    uiPort: anyPort('MILLRACE_TEMPORAL_UI_PORT'),
    namespace: 'default',
    ...options,
  });
  started.push(server);
  return server;
}

async function withClient<T>(server: EmbeddedTemporal, use: (client: Client, connection: Connection) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection }), connection);
  } finally {
    await connection.close();
  }
}

/** Something that the server has to remember. */
async function createSchedule(server: EmbeddedTemporal, scheduleId: string): Promise<void> {
  const action = { type: 'startWorkflow', workflowType: 'none', taskQueue: 'none' } as const;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP };
  await withClient(server, (client) =>
    client.schedule.create({ scheduleId, spec: {}, action, policies, state: { paused: true } }),
  );
}

const scheduleIds = (server: EmbeddedTemporal): Promise<string[]> =>
  withClient(server, async (client) => {
    const { scheduleId } = await client.schedule.getHandle('kept').describe();
    return [scheduleId];
  });

test('the namespace has our search attributes, keeps closed workflows for a week, and its UI answers', async () => {
  const server = await start();
  const { attributes, retention } = await withClient(server, async (_, connection) => ({
    attributes: (await connection.operatorService.listSearchAttributes({ namespace: 'default' })).customAttributes,
    retention: (await connection.workflowService.describeNamespace({ namespace: 'default' })).config
      ?.workflowExecutionRetentionTtl,
  }));
  expect(Object.keys(attributes ?? {})).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  expect(Number(retention?.seconds)).toBe(7 * 86_400);
  expect((await fetch(server.uiUrl)).status).toBe(200);
});

test('what it was told is there after it was killed', async () => {
  const first = await start();
  await createSchedule(first, 'kept');
  first.kill();
  expect(await first.ended).toContain('SIGKILL');
  expect(await scheduleIds(await start())).toEqual(['kept']);
});

test('a server that a killed stack left running is ended first', async () => {
  const orphan = await start();
  await createSchedule(orphan, 'kept');
  const successor = await start();
  expect(isAlive(orphan.pid)).toBe(false);
  expect(await scheduleIds(successor)).toEqual(['kept']);
});

test('a database that a killed first start left without tables is made anew', async () => {
  await mkdir(join(home.path, 'temporal'));
  await writeFile(join(home.path, 'temporal', 'temporal.db'), '');
  await start();
});

test('a busy port ends in a message that names the setting, for gRPC and UI alike', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const refuse = (options: Partial<EmbeddedTemporalOptions>) => start(options).catch((error: unknown) => error);
  const busy = (variable: string) => ({ port, mustBe: true, variable });
  const grpc = await refuse({ port: busy('MILLRACE_TEMPORAL_PORT') });
  const ui = await refuse({ uiPort: busy('MILLRACE_TEMPORAL_UI_PORT') });
  expect(isMillraceError(grpc) && grpc.path).toBe('MILLRACE_TEMPORAL_PORT');
  expect(isMillraceError(ui) && ui.path).toBe('MILLRACE_TEMPORAL_UI_PORT');
  taken.close();
});

test('a program that is no Temporal server ends in a message with the end of its log', async () => {
  const error = await start({ binary: '/bin/false' }).catch((thrown: unknown) => thrown);
  expect(isMillraceError(error, 'setup.unavailable') && error.message).toContain('temporal.log');
});
