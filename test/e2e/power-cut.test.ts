import { expect, test } from 'vitest';
import { listProcesses } from '../../platform/process/inspect.js';
import { type StackProcess, startStackProcess } from '../support/millrace-process.js';
import { contentHash } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';
import { processesNaming, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';
import { stackApi } from './support/stack-api.js';

const ENV = { MILLRACE_SLICE_BYTES: '200000', MILLRACE_LOG_LEVEL: 'warn' };
const ROWS = 40_000;

/** Stack, Postgres and Temporal at once, none of them with time to write anything. */
async function cutPower(stack: StackProcess, home: string): Promise<void> {
  const servers = listProcesses().filter(({ command }) => command.includes(home));
  expect(servers.length).toBeGreaterThanOrEqual(2);
  process.kill(stack.pid, 'SIGKILL');
  for (const { pid } of servers.filter((server) => server.pid !== stack.pid)) process.kill(pid, 'SIGKILL');
  await stack.exited;
  await waitFor(() => processesNaming(home).length === 0, { what: 'everything is dead' });
}

test('I1, I2: after a power cut in the middle of a run the same home goes on by itself, and nothing comes twice', async () => {
  await using source = await freshDatabase('src');
  await using destination = await freshDatabase('dst');
  await using home = await tempHome('power-cut');
  await source.query(`create table events (id int primary key, note text);
    insert into events select i, repeat('n', 60) || i from generate_series(1, ${ROWS}) i`);
  await using first = await startStackProcess(home.path, { env: ENV });
  const api = stackApi(first);
  const id = await api.connect([{ name: 'public.events', mode: 'incremental_append', cursorField: 'id' }], {
    source,
    destination,
  });
  const run = await api.post<{ id: string }>(`/v1/connections/${id}/syncs`, {});
  const loaded = async (): Promise<number> =>
    Number((await destination.query<{ slices: string }>('select count(*) as slices from _millrace.ledger'))[0]?.slices);
  await waitFor(async () => (await loaded()) >= 2, { what: 'two slices are loaded', everyMs: 5 });
  await cutPower(first, home.path);
  const before = await loaded();
  await using second = await startStackProcess(home.path, { env: ENV });
  const after = stackApi(second);
  expect(await after.ended(run.id)).toMatchObject({ status: 'succeeded', number: 1 });
  expect(await loaded()).toBeGreaterThan(before);
  expect(await contentHash(destination, 'events', 'id, note')).toEqual(await contentHash(source, 'events', 'id, note'));
  const next = await after.post<{ id: string }>(`/v1/connections/${id}/syncs`, {});
  expect(await after.ended(next.id)).toMatchObject({ status: 'succeeded', number: 2, streams: [{ rows: { loaded: 0 } }] });
  expect(await contentHash(destination, 'events', 'id, note')).toEqual(await contentHash(source, 'events', 'id, note'));
  await second.kill('SIGTERM');
}, 180_000);
