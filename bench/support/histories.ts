import { Client, Connection } from '@temporalio/client';
import { dataConverter } from '../../platform/temporal/payload-codec.js';

/** What a workflow costs Temporal, over all its histories. */
export interface HistoryCost {
  readonly histories: number;
  readonly events: number;
  readonly longest: number;
  readonly bytes: number;
  /** The largest single payload, as it is stored. */
  readonly largestPayload: number;
}

export async function historyCost(address: string, workflowId: string): Promise<HistoryCost> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, dataConverter });
  try {
    const runs = [];
    for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push(runId);
    const found = [];
    for (const runId of runs) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const { events } = await handle.fetchHistory();
      const { historyLength, historySize } = await handle.describe();
      found.push({ events: historyLength, bytes: historySize ?? 0, largest: largestPayload(events) });
    }
    return {
      histories: found.length,
      events: found.reduce((sum, { events }) => sum + events, 0),
      longest: Math.max(...found.map(({ events }) => events)),
      bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
      largestPayload: Math.max(...found.map(({ largest }) => largest)),
    };
  } finally {
    await connection.close();
  }
}

/** Payloads are byte arrays somewhere in the events. */
function largestPayload(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  if (value === null || typeof value !== 'object') return 0;
  return Math.max(0, ...Object.values(value).map(largestPayload));
}
