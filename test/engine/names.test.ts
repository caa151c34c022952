import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** Column names that other tools fold, escape or cut. */
const COLUMNS = [
  'id',
  'select',
  'a"b',
  "o'clock",
  '😀 emoji',
  'Case',
  'case',
  'under_score',
  'underscore',
  'a.b',
  'ünï',
  '%s $1',
  'c'.repeat(63),
  'oid',
  ' x ',
];
const MODES = ['full_refresh_overwrite', 'full_refresh_append', 'incremental_append', 'incremental_deduped', 'mirror', 'scd2'];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

test.each(MODES.flatMap((mode) => [[mode, undefined] as const, [mode, 'select * from input'] as const]))(
  'columns keep their names: %s, sql: %s',
  async (mode, sql) => {
    const { source, destination } = millrace;
    const table = `Odd "${mode}" ${sql ? 'sql' : 'plain'} 😀`;
    const name = `odd schema.${table}`;
    await source.query(`create schema if not exists "odd schema"; create table "odd schema".${quoted(table)} (${COLUMNS.map((column) => `${quoted(column)} int`).join(', ')});
      alter table "odd schema".${quoted(table)} add primary key (id, "Case");
      insert into "odd schema".${quoted(table)} select ${COLUMNS.map((_, index) => `i + ${index}`).join(', ')} from generate_series(1, 3) i`);
    const id = await millrace.connect([
      { name, mode, ...(mode.startsWith('incremental') ? { cursorField: 'select' } : {}), ...(sql ? { sql } : {}) },
    ]);
    for (let n = 0; n < 2; n++) {
      const run = await millrace.sync(id);
      expect(run.status, JSON.stringify(run.streams)).toBe('succeeded');
    }
    const target = quoted(`odd schema_${table}`);
    const columns = COLUMNS.map(quoted).join(', ');
    const held = await destination.query(`select distinct ${columns} from ${target} order by id`);
    expect(held).toEqual(await source.query(`select ${columns} from "odd schema".${quoted(table)} order by id`));
  },
);

test('names above 63 bytes are cut at a character and told apart by a hash: stable, and never two the same', async () => {
  const { source, destination } = millrace;
  const [schema, table] = ['s'.repeat(40), `${'täble'.repeat(9)}`];
  const stream = `${schema}.${table}`;
  await source.query(
    `create schema "${schema}"; create table "${schema}"."${table}" (id int primary key); insert into "${schema}"."${table}" values (1)`,
  );
  const id = await millrace.connect([{ name: stream, mode: 'mirror' }]);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  const full = `${schema}_${table}`;
  const [found] = await destination.query(
    `select tablename as name from pg_tables where tablename like '${schema.slice(0, 20)}%'`,
  );
  const name = String(found?.['name']);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  expect(full.startsWith(name.slice(0, -9))).toBe(true);
  expect(name.slice(-8)).toBe(createHash('sha256').update(full).digest('hex').slice(0, 8));
});

test('two streams whose targets would have the same name are refused, with both named', async () => {
  const { call } = millrace;
  const [source] = (await call('GET', '/v1/sources')).body.data;
  const [destination] = (await call('GET', '/v1/destinations')).body.data;
  const streams = ['a.b_c', 'a_b.c'].map((name) => ({ name, mode: 'mirror' }));
  const reply = await call('POST', '/v1/connections', {
    name: 'same',
    sourceId: source.id,
    destinationId: destination.id,
    streams,
  });
  expect(reply.status).toBe(422);
  expect(reply.body.errors).toMatchObject([{ path: 'streams[1].target', code: 'duplicate_target' }]);
});

test('targetNames: a rule for streams that name no target, across the connection', async () => {
  const { source, destination, call } = millrace;
  await source.query(
    'create schema crm; create table crm.people (id int primary key); create table crm.firms (id int primary key)',
  );
  const [from, to] = [(await call('GET', '/v1/sources')).body.data[0], (await call('GET', '/v1/destinations')).body.data[0]];
  const streams = [
    { name: 'crm.people', mode: 'mirror' },
    { name: 'crm.firms', mode: 'mirror', target: { schema: 'own' } },
  ];
  const targetNames = { schema: 'raw_{schema}', table: 'x_{table}' };
  const made = await call('POST', '/v1/connections', {
    name: 'ruled',
    sourceId: from.id,
    destinationId: to.id,
    streams,
    targetNames,
  });
  expect(made.body).toMatchObject({ targetNames });
  await source.query('insert into crm.people values (1)');
  await millrace.sync(made.body.id);
  expect(
    await destination.query(
      `select schemaname || '.' || tablename as name from pg_tables where tablename like 'x\\_%' order by 1`,
    ),
  ).toEqual([{ name: 'own.x_firms' }, { name: 'raw_crm.x_people' }]);
  expect((await call('PATCH', `/v1/connections/${made.body.id}`, { targetNames: { table: '{stream}' } })).status).toBe(400);
});

test('a column of a transform may not have a name of ours', async () => {
  const { source } = millrace;
  await source.query('create table forging (id int primary key); insert into forging values (1)');
  const id = await millrace.connect([
    { name: 'public.forging', mode: 'full_refresh_overwrite', sql: 'select id, 1 as _millrace_run from input' },
  ]);
  expect((await millrace.sync(id)).error).toMatchObject({
    code: 'load.target_incompatible',
    message: expect.stringContaining('_millrace_run'),
  });
});

test('a table that Millrace itself has loaded can be a source: its system columns are not read twice', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table chained (id int primary key, _millrace_run bigint, _millrace_extracted_at timestamptz, name text); insert into chained values (1, 99, now(), 'a')`,
  );
  const id = await millrace.connect([{ name: 'public.chained', mode: 'mirror' }]);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams)).toBe('succeeded');
  expect(await destination.query('select id, name, _millrace_run::int as run from chained')).toEqual([
    { id: 1, name: 'a', run: 1 },
  ]);
});
