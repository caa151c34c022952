import { expect, test } from 'vitest';
import type { RunRow } from '../../platform/db/rows.js';
import type { OnChanges } from './change-feed.js';
import { EventService } from './event-service.js';

const run = (status: RunRow['status'], changed: number) =>
  ({ id: 'run_1', workspace_id: 'wsp_1', status, changed: String(changed), created_at: new Date(0) }) as RunRow;

/** A client that knows change 5 comes back; nothing was missed when it was looked for. `ended` is the run as it is read after that. */
async function comeBack(ended: RunRow) {
  let tell: OnChanges = () => undefined;
  const store = {
    changedAfter: async () => ({ head: 5, runs: [] }),
    snapshot: async () => Promise.reject(new Error('nobody asked for it')),
  };
  const listen = async (listener: OnChanges) => {
    tell = listener;
    return () => undefined;
  };
  const parts = {
    runs: { get: async () => ended },
    connections: { get: async () => Promise.reject(new Error('nobody asked for it')) },
    linkOf: () => null,
    closing: new AbortController().signal,
  };
  const service = new EventService(store as never, { listen } as never, parts);
  const caller = { workspaceId: 'wsp_1' } as never;
  const stream = await service.ofRun(caller, 'run_1', { lastId: 5, gone: new AbortController().signal });
  return { stream, tell: (changes: Parameters<OnChanges>[0]) => tell(changes) };
}

test('a run that ends between the two looks at it is not over for who comes back: its end is told', async () => {
  const ended = run('succeeded', 6);
  const { stream, tell } = await comeBack(ended);
  tell([{ id: 6, run: ended, streams: [] }]);
  const chunks: string[] = [];
  for await (const chunk of stream!) chunks.push(String(chunk));
  expect(chunks.join('')).toMatch(/^id: 6\nevent: end\ndata: .*"status":"succeeded"/);
});

test('who knows its end already need not come back', async () => {
  expect((await comeBack(run('succeeded', 5))).stream).toBeUndefined();
});
