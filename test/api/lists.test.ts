import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { encodeCursor } from '../../api/lists/list-cursor.js';
import { createConnection } from './support/connections.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

interface Item {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string | null;
  readonly [field: string]: unknown;
}

async function list(path: string): Promise<Item[]> {
  const reply = await api.call('GET', path);
  assertStatus(reply, 200);
  return reply.body.data;
}

/** Every page, one after the other; `between` happens after each. */
async function pages(
  path: string,
  between: (page: readonly Item[]) => Promise<unknown> = async () => undefined,
): Promise<Item[]> {
  const seen: Item[] = [];
  for (let after = ''; ;) {
    const reply = await api.call('GET', `${path}${after}`);
    assertStatus(reply, 200);
    seen.push(...reply.body.data);
    await between(reply.body.data);
    if (reply.body.page.next === null) return seen;
    after = `&after=${reply.body.page.next}`;
  }
}

const createSource = async (name: string): Promise<string> => {
  const body = { name, connector: 'postgres', config: { host: 'db.example' } };
  return (await api.call('POST', '/v1/sources', { body })).body.id;
};

async function insertRuns(connectionId: string, runs: readonly object[]): Promise<string[]> {
  const base = {
    workspace_id: 'wsp_default',
    connection_id: connectionId,
    trigger: 'api',
    status: 'succeeded',
    workflow_id: 'w',
  };
  const rows = runs.map((run, index) => ({ ...base, id: newId('run', Date.now() + index), number: index + 1, ...run }));
  await api.db('runs').insert(rows);
  return rows.map(({ id }) => id);
}

describe('sorting', () => {
  test('by name, whatever the case, in both directions and in pages that neither skip nor repeat', async () => {
    const names = ['sort beta', 'sort Alpha', 'sort gamma', 'sort alpha', 'sort BETA', 'sort alpha', 'sort äther'];
    const ids = await Promise.all(names.map(createSource));
    const up = await pages('/v1/sources?search=sort&sort=name&limit=2');
    const down = await pages('/v1/sources?search=sort&sort=-name&limit=3');
    expect(up.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(down.map(({ id }) => id)).toEqual(up.map(({ id }) => id).toReversed());
    const lower = up.map(({ name }) => name.toLowerCase());
    expect(lower.slice(0, 3)).toEqual(['sort alpha', 'sort alpha', 'sort alpha']);
    expect(lower.indexOf('sort beta')).toBeLessThan(lower.indexOf('sort gamma'));
  });

  test('pages stay right while rows come and go', async () => {
    for (const name of ['c', 'f', 'i', 'l', 'o']) await createSource(`moving ${name}`);
    const seen = await pages('/v1/sources?search=moving&sort=name&limit=2', async (page) => {
      await createSource('moving a');
      await api.call('DELETE', `/v1/sources/${page[0]?.id}`, { headers: { 'if-match': '*' } });
    });
    expect(seen.map(({ name }) => name)).toEqual(['c', 'f', 'i', 'l', 'o'].map((name) => `moving ${name}`));
  });

  test('by a time that is not there for all, to the microsecond', async () => {
    const { id } = await createConnection(api);
    const at = (micros: string) => ({ started_at: `2026-01-01 00:00:00.${micros}+00` });
    const ids = await insertRuns(id, [at('000002'), {}, at('000001'), at('000003'), {}, at('000002')]);
    const up = (await pages(`/v1/runs?connectionId=${id}&sort=startedAt&limit=1`)).map((run) => ids.indexOf(run.id));
    expect(up).toEqual([2, 0, 5, 3, 1, 4]);
    const down = (await pages(`/v1/runs?connectionId=${id}&sort=-startedAt&limit=2`)).map((run) => ids.indexOf(run.id));
    expect(down).toEqual(up.toReversed());
  });

  test.each([
    ['of another sort', encodeCursor({ sort: 'name', value: 'a', id: 'src_0' })],
    ['that is a damaged time', encodeCursor({ sort: '-updatedAt', value: '2026-99-99 00:00:00+00', id: 'src_0' })],
    ['with an id that is none', encodeCursor({ sort: '-updatedAt', value: 'infinity', id: "x' or 1=1" })],
    ['with NUL', encodeCursor({ sort: '-updatedAt', value: '\0', id: 'src_0' })],
    ['made up', 'src_01abc'],
  ])('a cursor %s is refused', async (_name, cursor) => {
    const reply = await api.call('GET', `/v1/sources?sort=-updatedAt&after=${cursor}`);
    expect(problemOf(reply)).toEqual({ status: 400, code: 'request.invalid', paths: ['after'] });
  });
});

describe('filters', () => {
  test('search takes its text literally', async () => {
    const id = await createSource('Literal 100%_\\ done');
    await createSource('literal 1000 done');
    expect((await list(`/v1/sources?search=${encodeURIComponent('100%_\\ D')}`)).map((item) => item.id)).toEqual([id]);
  });

  test('of connections: by their ends and whether they are paused', async () => {
    const mine = await createConnection(api);
    await createConnection(api);
    const ids = async (query: string) => (await list(`/v1/connections?${query}`)).map(({ id }) => id);
    expect(await ids(`sourceId=${mine.sourceId}`)).toEqual([mine.id]);
    expect(await ids(`destinationId=${mine.destinationId}&paused=false`)).toEqual([mine.id]);
    await api.db('connections').where({ id: mine.id }).update({ paused: true });
    expect(await ids(`paused=true`)).toEqual([mine.id]);
  });

  test('of runs: by status, trigger and time, together', async () => {
    const { id } = await createConnection(api);
    const hour = (hours: number) => newId('run', Date.UTC(2026, 0, 1, hours));
    const runs = await insertRuns(id, [
      { id: hour(1), status: 'failed', trigger: 'schedule' },
      { id: hour(2), status: 'partial', trigger: 'schedule' },
      { id: hour(3), status: 'failed', trigger: 'manual' },
      { id: hour(4), trigger: 'backfill' },
    ]);
    const found = async (query: string) =>
      (await list(`/v1/runs?connectionId=${id}&${query}`)).map((run) => runs.indexOf(run.id));
    expect(await found('status=failed,partial')).toEqual([2, 1, 0]);
    expect(await found('status=failed&trigger=manual,backfill')).toEqual([2]);
    expect(await found('since=2026-01-01T02:00:00Z&until=2026-01-01T04:00:00Z')).toEqual([2, 1]);
    expect(await found('since=2026-01-01T03:00:00%2B01:00&sort=createdAt')).toEqual([1, 2, 3]);
  });

  test('of keys: by scope, and whether they are revoked', async () => {
    const { body } = await api.call('POST', '/v1/api-keys', { body: { name: 'Reporting', scope: 'read' } });
    expect((await list('/v1/api-keys?scope=read&search=report&revoked=false')).map(({ id }) => id)).toEqual([body.id]);
    await api.call('DELETE', `/v1/api-keys/${body.id}`);
    expect((await list('/v1/api-keys?revoked=true')).map(({ id }) => id)).toEqual([body.id]);
    expect((await list('/v1/api-keys?revoked=false&sort=-lastUsedAt')).map(({ id }) => id)).not.toContain(body.id);
  });

  test('of verifications: by status', async () => {
    const { id } = await createConnection(api);
    const base = {
      workspace_id: 'wsp_default',
      connection_id: id,
      workflow_id: 'w',
      method: 'hash',
      scope: 'table',
      streams: '[]',
    };
    const [ok, bad] = [newId('verification'), newId('verification')];
    await api.db('verifications').insert([
      { ...base, id: ok, status: 'succeeded' },
      { ...base, id: bad, status: 'failed' },
    ]);
    expect(await list(`/v1/connections/${id}/verifications?status=failed&fields=status`)).toEqual([
      { id: bad, status: 'failed' },
    ]);
  });
});

describe('how much of each', () => {
  test('only the fields that are asked for, and the id', async () => {
    const id = await createSource('Sparse one');
    expect(await list('/v1/sources?search=sparse&fields=name,connector')).toEqual([
      { id, name: 'Sparse one', connector: 'postgres' },
    ]);
  });

  test('a connection with its ends and its newest run, in one request', async () => {
    const { id, sourceId, destinationId } = await createConnection(api);
    const path = `/v1/connections?sourceId=${sourceId}&fields=name&include=source,destination,lastRun`;
    const [untouched] = await list(path);
    expect(untouched).toMatchObject({ id, name: 'shop', source: { id: sourceId, name: 'crm' }, lastRun: null });
    expect(untouched?.['destination']).toMatchObject({ id: destinationId, config: { password: { set: true } } });
    expect(untouched).not.toHaveProperty('streams');
    const runs = await insertRuns(id, [{ status: 'failed' }, { status: 'running' }]);
    expect((await list(path))[0]?.['lastRun']).toMatchObject({ id: runs[1], number: 2, status: 'running' });
  });

  test('runs with their streams', async () => {
    const { id } = await createConnection(api);
    const [first, second] = await insertRuns(id, [{}, {}]);
    const stream = { step: 'finished', status: 'succeeded', rows_loaded: 7 };
    await api.db('run_streams').insert(['b', 'a'].map((name) => ({ ...stream, run_id: first, name })));
    const found = await list(`/v1/runs?connectionId=${id}&include=streams&fields=number`);
    expect(found).toMatchObject([
      { id: second, number: 2, streams: [] },
      { id: first, number: 1, streams: [{ name: 'a', rows: { loaded: 7 } }, { name: 'b' }] },
    ]);
  });
});

describe('what is not known is refused with what is', () => {
  test.each([
    ['/v1/sources?sort=config', 'sort', 'updatedAt'],
    ['/v1/sources?fields=name,password', 'fields[1]', 'connector'],
    ['/v1/connections?include=secrets', 'include[0]', 'lastRun'],
    ['/v1/runs?sort=-bytes', 'sort', 'startedAt'],
    ['/v1/runs?status=done', 'status[0]', 'partial'],
    ['/v1/connections?source=src_1', 'source', 'sourceId'],
    ['/v1/connections?paused=maybe', 'paused', 'true'],
    ['/v1/api-keys?scope=root', 'scope', 'operate'],
    ['/v1/audit?who=me', 'who', 'resource'],
  ])('%s', async (path, field, known) => {
    const reply = await api.call('GET', path);
    expect(problemOf(reply)).toEqual({ status: 400, code: 'request.invalid', paths: [field] });
    expect(reply.body.errors[0].message).toContain(known);
  });
});

test('a list of many runs is read from an index, whatever it is sorted by', async () => {
  const { id } = await createConnection(api);
  const many = `insert into runs (id, workspace_id, connection_id, number, trigger, status, workflow_id, started_at, ended_at)
    select 'run_' || lpad(i::text, 26, '0'), 'wsp_default', case when i % 100 = 0 then ? else 'con_' || i % 100 end, i, 'schedule',
      case when i % 50 = 0 then 'failed' else 'succeeded' end, 'w', now() - i * interval '1 minute', now() - i * interval '1 minute'
    from generate_series(1, 50000) i`;
  await api.db.raw(many, [id]);
  await api.db.raw('analyze runs');
  const explain = async (sql: string) =>
    (await api.db.raw(`explain ${sql}`)).rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
  const where = "select * from runs where workspace_id = 'wsp_default'";
  expect(await explain(`${where} order by id desc limit 51`)).toMatch(/Index Scan/);
  expect(await explain(`${where} and status in ('failed') order by id desc limit 51`)).toMatch(/Index Scan/);
  expect(await explain(`${where} and connection_id = '${id}' order by id desc limit 51`)).toMatch(/Index Scan/);
  const ended = "order by coalesce(ended_at, 'infinity') desc, id desc limit 51";
  expect(await explain(`${where} ${ended}`)).toMatch(/Index Scan.*runs_by_end/);
  const seen = await pages(`/v1/runs?connectionId=${id}&limit=200&fields=number`);
  expect(seen.map(({ number }) => number)).toEqual(Array.from({ length: 500 }, (_, index) => 50_000 - index * 100));
});
