import { expect, test } from 'vitest';
import type { RunRecord } from '../../platform/db/store.js';
import { listProcesses } from '../../platform/process/inspect.js';
import { type StackProcess, startStackProcess } from '../support/millrace-process.js';
import { contentHash } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';
import { processesNaming, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

const ENV = { MILLRACE_SLICE_BYTES: '200000', MILLRACE_LOG_LEVEL: 'warn' };
const ROWS = 40_000;

interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

function apiOf({ facts, apiKey }: StackProcess): Api {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${facts.apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  return { get: (path) => call('GET', path), post: (path, body) => call('POST', path, body) };
}

/** Stack, Postgres and Temporal at once, none of them with time to write anything. */
async function cutPower(stack: StackProcess, home: string): Promise<void> {
  const servers = listProcesses().filter(({ command }) => command.includes(home));
  expect(servers.length).toBeGreaterThanOrEqual(2);
  process.kill(stack.pid, 'SIGKILL');
  for (const { pid } of servers.filter((server) => server.pid !== stack.pid)) process.kill(pid, 'SIGKILL');
  await stack.exited;
  await waitFor(() => processesNaming(home).length === 0, { what: 'everything is dead' });
}

async function ended(api: Api, runId: string): Promise<RunRecord & { streams: { rows: { loaded: number } }[] }> {
  return waitFor(
    async () => {
      const run = await api.get<RunRecord & { streams: { rows: { loaded: number } }[] }>(`/v1/runs/${runId}?wait=10s`);
      return run.endedAt ? run : undefined;
    },
    { what: `run ${runId} has ended`, timeoutMs: 90_000 },
  );
}

test('I1, I2: after a power cut in the middle of a run the same home goes on by itself, and nothing comes twice', async () => {
  await using source = await freshDatabase('src');
  await using destination = await freshDatabase('dst');
  await using home = await tempHome('power-cut');
  await source.query(`create table events (id int primary key, note text);
    insert into events select i, repeat('n', 60) || i from generate_series(1, ${ROWS}) i`);
  await using first = await startStackProcess(home.path, { env: ENV });
  const api = apiOf(first);
  const [from, to] = await Promise.all([
    api.post<{ id: string }>('/v1/sources', { name: 's', connector: 'postgres', config: { url: source.url } }),
    api.post<{ id: string }>('/v1/destinations', { name: 'd', connector: 'postgres', config: { url: destination.url } }),
  ]);
  const streams = [{ name: 'public.events', mode: 'incremental_append', cursorField: 'id' }];
  const body = { name: 'c', sourceId: from.id, destinationId: to.id, streams };
  const { id } = await api.post<{ id: string }>('/v1/connections', body);
  const run = await api.post<{ id: string }>(`/v1/connections/${id}/syncs`, {});
  const loaded = async (): Promise<number> =>
    Number((await destination.query<{ slices: string }>('select count(*) as slices from _millrace.ledger'))[0]?.slices);
  await waitFor(async () => (await loaded()) >= 2, { what: 'two slices are loaded', everyMs: 5 });
  await cutPower(first, home.path);
  const before = await loaded();
  await using second = await startStackProcess(home.path, { env: ENV });
  const after = apiOf(second);
  expect(await ended(after, run.id)).toMatchObject({ status: 'succeeded', number: 1 });
  expect(await loaded()).toBeGreaterThan(before);
  expect(await contentHash(destination, 'events', 'id, note')).toEqual(await contentHash(source, 'events', 'id, note'));
  const next = await after.post<{ id: string }>(`/v1/connections/${id}/syncs`, {});
  expect(await ended(after, next.id)).toMatchObject({ status: 'succeeded', number: 2, streams: [{ rows: { loaded: 0 } }] });
  expect(await contentHash(destination, 'events', 'id, note')).toEqual(await contentHash(source, 'events', 'id, note'));
  await second.kill('SIGTERM');
}, 180_000);
