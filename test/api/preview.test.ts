import { randomBytes } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HOSTILE } from '../../transform/guard/fixtures/hostile.js';
import { dataConverter } from '../../platform/temporal/payload-codec.js';
import { type Millrace, type Reply, startMillrace } from '../support/millrace.js';
import { servers } from '../support/servers.js';
import { tempHome } from '../support/temp-home.js';

/** Stands in rows and nowhere else. */
const PLANTED = `planted-${randomBytes(6).toString('hex')}`;

let millrace: Millrace;
let sourceId: string;
let connectionId: string;

beforeAll(async () => {
  millrace = await startMillrace();
  await millrace.source.query(`
    create table orders (id bigint primary key, amount numeric(30,10), at timestamptz, note text, raw bytea, tags int[], doc jsonb, secret text);
    insert into orders values (9007199254740993, 12345678901234567890.0123456789, '2026-01-02 03:04:05.678901+00', '', '\\x00ff', '{1,null}', '{"a": 1.10}', '${PLANTED}');
    insert into orders (id, note, secret) select i, nullif('n' || i, 'n2'), '${PLANTED}' from generate_series(1, 299) i;
    create table items (order_id bigint, price int);
    insert into items values (1, 10), (1, 5), (2, 7);
    create schema sales; create table sales.orders (id int, kind text);
    insert into sales.orders values (1, 'a')`);
  connectionId = await millrace.connect([
    {
      ...{ name: 'public.orders', mode: 'full_refresh_overwrite', columns: { exclude: ['secret', 'doc'] } },
      filter: [{ field: 'id', is: '<=', value: 3 }],
      sql: 'select id, note from input where note is not null',
    },
  ]);
  sourceId = (await millrace.call('GET', `/v1/connections/${connectionId}`)).body.sourceId;
});
afterAll(() => millrace[Symbol.asyncDispose]());

const rowsOf = ({ status, body }: Reply): Record<string, string | null>[] => {
  expect(status, JSON.stringify(body)).toBe(200);
  const names = (body.columns as { name: string }[]).map(({ name }) => name);
  return (body.rows as (string | null)[][]).map((row) => Object.fromEntries(row.map((value, at) => [names[at] ?? '', value])));
};
const stream = (name: string, query = ''): Promise<Reply> =>
  millrace.call('GET', `/v1/sources/${sourceId}/streams/${encodeURIComponent(name)}/preview${query}`);
const transform = (body: object): Promise<Reply> =>
  millrace.call('POST', '/v1/transforms/preview', { sourceId, stream: 'public.orders', ...body });
const validate = (body: object): Promise<Reply> => millrace.call('POST', '/v1/transforms/validate', body);
const query = (sql: string, more: object = {}): Promise<Reply> =>
  millrace.call('POST', `/v1/sources/${sourceId}/query`, { sql, ...more });

describe('rows of a stream', () => {
  test('come as text that loses nothing, and NULL is no empty text', async () => {
    const reply = await stream('public.orders', '?limit=200');
    const rows = rowsOf(reply);
    expect(rows.find(({ id }) => id === '9007199254740993')).toEqual({
      ...{ id: '9007199254740993', amount: '12345678901234567890.0123456789', at: '2026-01-02 03:04:05.678901+00' },
      ...{ note: '', raw: '\\x00ff', tags: '["1",null]', doc: '{"a": 1.10}', secret: PLANTED },
    });
    expect(rows.find(({ id }) => id === '2')).toMatchObject({ note: null, amount: null, raw: null, tags: null, doc: null });
    expect(reply.body).toMatchObject({ hasMore: true, sampled: [{ stream: 'public.orders', rows: 200, complete: false }] });
    expect(reply.body.columns[1]).toEqual({
      ...{ name: 'amount', type: 'decimal(30,10)', nullable: true },
      native: { system: 'postgres', type: 'numeric(30,10)' },
    });
  });

  test('are twenty when nobody says how many, at most 200, and all of a small stream', async () => {
    expect(rowsOf(await stream('public.orders'))).toHaveLength(20);
    expect((await stream('public.orders', '?limit=201')).status).toBe(400);
    const whole = await stream('public.items');
    expect(rowsOf(whole)).toHaveLength(3);
    expect(whole.body).toMatchObject({ hasMore: false, sampled: [{ complete: true }], note: null });
  });

  test('are those that a connection reads, where one is named', async () => {
    const reply = await stream('public.orders', `?connectionId=${connectionId}`);
    expect(rowsOf(reply).map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(reply.body.columns.map(({ name }: { name: string }) => name)).toEqual(['id', 'amount', 'at', 'note', 'raw', 'tags']);
    expect(JSON.stringify(reply.body)).not.toContain(PLANTED);
  });

  test('of a stream that is not there: the nearest that is', async () => {
    expect(await stream('public.ordrs')).toMatchObject({
      status: 422,
      body: { code: 'source.stream_missing', suggestion: 'Did you mean public.orders?' },
    });
    expect((await stream('public.ordrs', `?connectionId=${connectionId}`)).body).toMatchObject({
      code: 'request.not_found',
      suggestion: 'Did you mean public.orders?',
    });
  });
});

describe('files', () => {
  test('show their first rows, typed, with the filter of a connection', async () => {
    await using home = await tempHome('files');
    await writeFile(join(home.path, 'a.csv'), `id,born,name\n1,2020-01-02,"a, b"\n2,,\n`);
    const many = Array.from({ length: 5_000 }, (_, at) => `${at + 10},2021-01-01,n${at}`).join('\n');
    await writeFile(join(home.path, 'b.csv.gz'), gzipSync(`id,born,name\n${many}\n`));
    const config = { root: pathToFileURL(home.path).href, streams: [{ name: 'people', path: '*.csv*', format: 'csv' }] };
    const made = await millrace.call('POST', '/v1/sources', { name: 'files', connector: 'files', config });
    const path = `/v1/sources/${made.body.id}/streams/people/preview`;
    const reply = await millrace.call('GET', `${path}?limit=5`);
    expect(rowsOf(reply).slice(0, 3)).toEqual([
      { id: '1', born: '2020-01-02', name: 'a, b' },
      { id: '2', born: null, name: null },
      { id: '10', born: '2021-01-01', name: 'n0' },
    ]);
    expect(reply.body).toMatchObject({ hasMore: true, sampled: [{ rows: 5, complete: false }] });
    const counted = await millrace.call('POST', `/v1/sources/${made.body.id}/query`, { sql: 'select count(*) as n from people' });
    expect(rowsOf(counted)).toEqual([{ n: '5002' }]);
    expect(counted.body).toMatchObject({ note: null, sampled: [{ stream: 'people', rows: 5_002, complete: true }] });
  });
});

describe('SQL over a sample', () => {
  test('says what went in, what came out, and that it was only a sample', async () => {
    const reply = await transform({
      sql: 'select id, id * 2 as twice, "at" + interval 1 day as next from input where id > 1 and id < 300',
      sample: 100,
    });
    expect(reply.status, JSON.stringify(reply.body)).toBe(200);
    const { rowsIn, rowsOut, note, hasMore, timing, columns } = reply.body;
    expect({ rowsIn, hasMore }).toEqual({ rowsIn: 100, hasMore: true });
    expect(rowsOut).toBeGreaterThan(90);
    expect(note).toBe('Only a sample was read: 100 of public.orders. The SQL has not seen the other rows.');
    expect(timing).toEqual({ readMs: expect.any(Number), transformMs: expect.any(Number) });
    expect(columns).toMatchObject([
      { name: 'id', type: 'int64' },
      { name: 'twice', type: 'int64' },
      { name: 'next', type: 'timestamptz' },
    ]);
    expect(rowsOf(reply)).toHaveLength(20);
  });

  test('reads only the columns that are named, or those of a connection, with its SQL', async () => {
    const named = await transform({ sql: 'from input', columns: { include: ['id'] }, sample: 10_000, limit: 1 });
    expect(named.body).toMatchObject({ columns: [{ name: 'id' }], rowsIn: 300, note: null });
    const own = await millrace.call('POST', '/v1/transforms/preview', { connectionId, stream: 'public.orders' });
    expect(rowsOf(own)).toEqual([
      { id: '1', note: 'n1' },
      { id: '3', note: 'n3' },
    ]);
    expect(own.body).toMatchObject({ rowsIn: 3, rowsOut: 2 });
    const excluded = await millrace.call('POST', '/v1/transforms/preview', {
      connectionId,
      stream: 'public.orders',
      sql: 'select secret from input',
    });
    expect(excluded).toMatchObject({
      status: 422,
      body: { code: 'transform.failed', errors: [{ path: 'sql', line: 1, column: 8 }] },
    });
  });

  test('that fails on the data says where', async () => {
    const reply = await transform({ sql: 'select id,\n  cast(secret as int) as n from input' });
    expect(reply).toMatchObject({ status: 422, body: { code: 'transform.failed' } });
    expect(reply.body.detail).toContain(PLANTED);
  });

  test.each(Object.entries(HOSTILE))('that would %s is refused without being run', async (_, statements) => {
    for (const sql of statements.slice(0, 6)) {
      const reply = await transform({ sql });
      expect(reply.body.errors[0], sql).toMatchObject({ path: 'sql' });
      if (reply.status === 400) continue; // nothing at all, or more than a request may hold
      expect(reply, sql).toMatchObject({ status: 422, body: { code: 'transform.refused_sql' } });
      expect(reply.body.errors[0]).toMatchObject({ line: expect.any(Number), column: expect.any(Number) });
      expect((await validate({ sql })).body, sql).toMatchObject({ valid: false, lineage: [] });
      expect((await query(sql)).body.code, sql).toMatch(/^(transform\.refused_sql|source\.stream_missing)$/);
    }
  });
});

describe('a query', () => {
  test('joins samples of streams by whole and by short names', async () => {
    const reply = await query(
      'select o.id, sum(i.price) as total from public.orders o join items i on i.order_id = o.id group by o.id order by 1',
    );
    expect(rowsOf(reply)).toEqual([
      { id: '1', total: '15' },
      { id: '2', total: '7' },
    ]);
    expect(reply.body).toMatchObject({ note: null, rowsIn: 303 });
    expect(reply.body.sampled.map(({ stream: name }: { stream: string }) => name)).toEqual(['public.orders', 'public.items']);
    const part = await query('select count(*) as n from "public.orders"', { sample: 50 });
    expect(rowsOf(part)).toEqual([{ n: '50' }]);
    expect(part.body.note).toContain('50 of public.orders');
  });

  test('that names what is not there, or two things, is told so', async () => {
    expect((await query('select 1 from itms')).body).toMatchObject({
      code: 'source.stream_missing',
      suggestion: 'Did you mean items?',
    });
    expect((await query('select 1 from orders')).body.detail).toBe('orders may be public.orders or sales.orders.');
    expect((await query('select 1')).body.code).toBe('transform.refused_sql');
    expect((await query('with a as (select 1 as x) select * from a, information_schema.tables')).status).toBe(422);
  });
});

describe('validate', () => {
  test('tells columns and lineage of SQL alone, without a worker', async () => {
    expect((await validate({ sql: 'select id, upper(name) as n from input' })).body).toEqual({
      ...{ valid: true, errors: [], columns: null, rowWise: true },
      lineage: [
        { column: 'id', from: ['id'], kind: 'passed' },
        { column: 'n', from: ['name'], kind: 'computed' },
      ],
    });
    const joined = await validate({
      sql: 'select a.x, sum(y) as s from a join b using (k) group by 1',
      inputs: { a: ['k', 'x'], b: ['k', 'y'] },
    });
    expect(joined.body).toMatchObject({ rowWise: false, lineage: [{ from: ['a.x'] }, { from: ['b.y'] }] });
  });

  test('tells columns with their types against a stream', async () => {
    const reply = await validate({
      sourceId,
      stream: 'public.items',
      sql: 'select order_id, price * 1.5 as more, count(*) over () from input',
    });
    expect(reply.body).toMatchObject({
      ...{ valid: true, rowWise: false },
      columns: [{ name: 'order_id', type: 'int64' }, { name: 'more', type: 'decimal(12,1)' }, { type: 'int64' }],
      lineage: [
        { column: 'order_id', kind: 'passed' },
        { column: 'more', from: ['price'] },
        { column: 'count() OVER ()', from: [] },
      ],
    });
  });

  test('answers what is wrong, where, and what was meant', async () => {
    expect((await validate({ sql: "select *\n  from read_csv('/etc/passwd')" })).body).toMatchObject({
      ...{ valid: false, columns: null, lineage: [], rowWise: null },
      errors: [{ code: 'refused_sql', line: 2, column: 8, suggestion: 'Write one SELECT over input.' }],
    });
    expect((await validate({ sql: 'select 1 from inpt' })).body.errors[0].suggestion).toBe('Did you mean input?');
    const column = await validate({ sourceId, stream: 'public.items', sql: 'select\n prise from input' });
    expect(column.body).toMatchObject({ valid: false, errors: [{ code: 'failed', line: 2, column: 2 }] });
    expect(column.body.errors[0].message).toContain('price');
  });

  test('a stream without a source, and a source without a stream, are refused with the field', async () => {
    expect((await validate({ sql: 'select 1', stream: 's' })).body.errors).toMatchObject([{ path: 'sourceId' }]);
    expect((await validate({ sql: 'select 1', sourceId })).body.errors).toMatchObject([{ path: 'stream' }]);
    expect((await validate({ sql: 'select 1', sourceId: 'src_none', stream: 's' })).status).toBe(404);
  });
});

test('nothing of a password is in what a preview that fails says', async () => {
  const password = `pw-${randomBytes(6).toString('hex')}`;
  const url = new URL(millrace.source.url);
  const config = { host: url.hostname, port: Number(url.port), user: 'nobody', password, database: url.pathname.slice(1) };
  const made = await millrace.call('POST', '/v1/sources', { name: 'wrong', connector: 'postgres', config });
  const reply = await millrace.call('GET', `/v1/sources/${made.body.id}/streams/public.orders/preview`);
  expect(reply).toMatchObject({ status: 422, body: { code: expect.stringMatching(/^connector\./) } });
  expect(JSON.stringify(reply.body)).not.toContain(password);
});

test('no row is in any workflow history, and nothing is left in the stage', async () => {
  await stream('public.orders');
  await transform({ sql: 'select cast(secret as int) as n from input' });
  const connection = await Connection.connect({ address: servers().temporalAddress });
  try {
    const { workflow } = new Client({ connection, dataConverter });
    let histories = 0;
    for await (const { workflowId, runId, taskQueue } of workflow.list({ query: `WorkflowType = 'preview'` })) {
      if (taskQueue !== millrace.taskQueue) continue;
      histories += 1;
      const history = await workflow.getHandle(workflowId, runId).fetchHistory();
      const text = JSON.stringify(history, (key, value: unknown) =>
        key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
      );
      expect(text).not.toContain(PLANTED);
    }
    expect(histories).toBeGreaterThan(10);
  } finally {
    await connection.close();
  }
  expect(await readdir(join(millrace.stageDir, '_answers'))).toEqual([]);
  const temp = await readdir(join(millrace.stageDir, '.tmp'), { recursive: true });
  expect(temp.filter((name) => /answer|preview|sample/.test(name))).toEqual([]);
});
