import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../../api/metrics/definitions.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { idle } from '../e2e/support/idle.js';
import { type Family, readOpenMetrics, valueOf } from './support/open-metrics.js';

const TOKEN = 'scrape-token-of-the-tests';
const WORKSPACE = 'wsp_default';

let millrace: Millrace;
let connectionId: string;

beforeAll(async () => {
  millrace = await startMillrace({ settings: { metricsToken: TOKEN } });
  await millrace.source.query(`create table orders (id int primary key, note varchar(40));
    insert into orders select i, 'note ' || i from generate_series(1, 1000) i;
    create table items (id int primary key); insert into items select generate_series(1, 20)`);
  connectionId = await millrace.connect([
    { name: 'public.orders', mode: 'incremental_append', cursorField: 'id', sql: 'select * from input where id % 4 > 0' },
    { name: 'public.items', mode: 'full_refresh_overwrite' },
  ]);
  await millrace.sync(connectionId);
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function scrape(key: string | undefined = millrace.apiKey, url = millrace.apiUrl): Promise<Response> {
  return fetch(`${url}/metrics`, key === '' ? {} : { headers: { authorization: `Bearer ${key}` } });
}

const metrics = async (key?: string, url?: string): Promise<ReadonlyMap<string, Family>> =>
  readOpenMetrics(await (await scrape(key, url)).text());

const rows = (families: ReadonlyMap<string, Family>, stream: string, fate: string): number | undefined =>
  valueOf(families, 'millrace_stream_rows_total', { workspace: WORKSPACE, connection: connectionId, stream, fate });

test('what a sync moved is what is counted', async () => {
  const found = await metrics();
  const [{ count: loaded }] = (await millrace.destination.query<{ count: string }>('select count(*) from orders')) as [
    { count: string },
  ];
  expect(Number(loaded)).toBe(750);
  expect(['extracted', 'filtered', 'loaded', 'rejected'].map((fate) => rows(found, 'public.orders', fate))).toEqual([
    1000, 250, 750, 0,
  ]);
  expect(rows(found, 'public.items', 'loaded')).toBe(20);
  const ofRuns = { connection: connectionId, status: 'succeeded' };
  expect(valueOf(found, 'millrace_runs_total', ofRuns)).toBe(1);
  expect(valueOf(found, 'millrace_run_duration_seconds_count', { connection: connectionId })).toBe(1);
  expect(valueOf(found, 'millrace_run_duration_seconds_bucket', { connection: connectionId, le: '43200.0' })).toBe(1);
  expect(valueOf(found, 'millrace_stream_slices_total', { stream: 'public.orders' })).toBe(1);
  expect(valueOf(found, 'millrace_stream_bytes_total', { stream: 'public.orders' })).toBeGreaterThan(0);
});

test('a run without news keeps a stream fresh, and a second run is added to the first', async () => {
  await idle(millrace, connectionId);
  await millrace.metadata.query(`update run_streams set checkpointed_at = now() - interval '1 hour'`);
  const freshness = async (): Promise<number | undefined> =>
    valueOf(await metrics(), 'millrace_stream_freshness_seconds', { connection: connectionId, stream: 'public.orders' });
  expect(await freshness()).toBeGreaterThanOrEqual(3_600);
  await millrace.sync(connectionId);
  expect(await freshness()).toBeLessThan(60);
  const found = await metrics();
  expect(valueOf(found, 'millrace_runs_total', { connection: connectionId, status: 'succeeded' })).toBe(2);
  expect(rows(found, 'public.orders', 'loaded')).toBe(750);
  expect(rows(found, 'public.items', 'loaded')).toBe(40);
});

test('every API process gives the same numbers', async () => {
  await using second = await millrace.secondApi();
  const moved = (families: ReadonlyMap<string, Family>): unknown =>
    ['millrace_stream_rows', 'millrace_runs', 'millrace_run_duration_seconds'].map((name) => families.get(name));
  expect(moved(await metrics(TOKEN, second.url))).toEqual(moved(await metrics()));
});

test('workers and the task queue are seen, the processes tell what they use', async () => {
  const found = await waitFor(
    async () => {
      const families = await metrics();
      return valueOf(families, 'millrace_task_queue_workers', { kind: 'activity' }) === 1 ? families : undefined;
    },
    { what: 'Temporal has seen the worker poll' },
  );
  expect(valueOf(found, 'millrace_temporal_up')).toBe(1);
  expect(valueOf(found, 'millrace_task_queue_tasks', { kind: 'workflow' })).toBe(0);
  for (const name of ['millrace_worker_memory_bytes', 'process_resident_memory_bytes'])
    expect(valueOf(found, name), name).toBeGreaterThan(10_000_000);
  expect(valueOf(found, 'millrace_worker_cpu_seconds_total')).toBeGreaterThan(0);
  expect(valueOf(found, 'millrace_connections', { workspace: WORKSPACE, health: 'ok' })).toBe(1);
});

describe('access', () => {
  test('the scrape token opens this and nothing else', async () => {
    expect((await scrape(TOKEN)).status).toBe(200);
    const elsewhere = await fetch(`${millrace.apiUrl}/v1/runs`, { headers: { authorization: `Bearer ${TOKEN}` } });
    expect(elsewhere.status).toBe(401);
  });

  test.each([
    ['no key', ''],
    ['a wrong one', 'scrape-token-of-somebody-else'],
  ])('%s is refused with a problem', async (_, key) => {
    const refused = await scrape(key);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ code: 'request.unauthenticated' });
  });

  test("an API key sees its own workspace's numbers, the scrape token those of all", async () => {
    await millrace.metadata.query(`insert into workspaces (id, name) values ('wsp_other', 'other');
      insert into sources (id, workspace_id, name, connector, config) values ('src_o', 'wsp_other', 's', 'postgres', '{}');
      insert into destinations (id, workspace_id, name, connector, config) values ('dst_o', 'wsp_other', 'd', 'postgres', '{}');
      insert into connections (id, workspace_id, name, source_id, destination_id, version) values ('con_o', 'wsp_other', 'say "hi"', 'src_o', 'dst_o', 1);
      insert into connection_versions (connection_id, version, config) values ('con_o', 1, '{"schedule": {"type": "manual"}, "streams": []}')`);
    const other = { connection: 'con_o', name: 'say "hi"' };
    expect(valueOf(await metrics(), 'millrace_connection_info', other)).toBeUndefined();
    expect(valueOf(await metrics(TOKEN), 'millrace_connection_info', other)).toBe(1);
    expect(valueOf(await metrics(TOKEN), 'millrace_connections', { workspace: 'wsp_other', health: 'never_run' })).toBe(1);
  });
});

const SUFFIX = { counter: '_total', info: '_info', gauge: '', histogram: '' } as const;

test('docs/metrics.md lists exactly what is served', async () => {
  const response = await scrape();
  expect(response.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const served = readOpenMetrics(await response.text());
  expect([...served.keys()]).toEqual(Object.keys(METRICS));
  const text = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const listed = text.split('\n').filter((line) => /^\| `(millrace|process)_/.test(line));
  expect(listed).toEqual(
    Object.entries(METRICS).map(([name, { type, labels, help }]) => {
      const shown = labels.map((label) => `\`${label}\``).join(' ');
      return `| \`${name}${SUFFIX[type]}\` | ${type} | ${shown || '–'} | ${help} |`;
    }),
  );
  for (const [name, { samples }] of served) {
    const allowed: readonly string[] = [...METRICS[name as keyof typeof METRICS].labels, 'le'];
    for (const { labels } of samples) expect(Object.keys(labels).filter((label) => !allowed.includes(label))).toEqual([]);
  }
});
