import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PlannedStream } from '../../schema/sync-plan.js';
import { type FinishedRun, type Millrace, startMillrace } from '../support/millrace.js';
import { type TestDatabase, servers } from '../support/servers.js';

let millrace: Millrace;
let serial = 0;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

interface Plan {
  readonly paused: boolean;
  readonly notes: readonly string[];
  readonly streams: readonly PlannedStream[];
}

async function planOf(id: string, body: object = {}): Promise<Plan> {
  const reply = await millrace.call('POST', `/v1/connections/${id}/plan`, body);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body as Plan;
}

/** Everything that a user of the destination could see of its catalog, without what Millrace keeps for itself. */
const CATALOG = `
  select 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) as item
    from pg_class c join pg_attribute a on a.attrelid = c.oid where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v')
    and c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|_millrace)'
  union all select 'index ' || i.indrelid::regclass || ' ' || pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace::regnamespace::text !~ '^(pg_|information_schema|_millrace)'
  union all select 'enum ' || t.oid::regtype || ' ' || (select string_agg(enumlabel, ',' order by enumsortorder) from pg_enum where enumtypid = t.oid)
    from pg_type t where t.typtype = 'e'
  union all select 'schema ' || nspname from pg_namespace where nspname !~ '^(pg_|information_schema|_millrace)'
  order by 1`;

const itemsOf = async (db: Pick<TestDatabase, 'query'>): Promise<readonly string[]> =>
  (await db.query<{ item: string }>(CATALOG)).map(({ item }) => item);

/** The catalog as it would be after these statements, which leave nothing behind. */
async function after(statements: readonly string[]): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: millrace.destination.url });
  await client.connect();
  try {
    await client.query('begin');
    for (const statement of statements) await client.query(statement);
    return (await client.query<{ item: string }>(CATALOG)).rows.map(({ item }) => item);
  } finally {
    await client.end();
  }
}

interface Foretold {
  readonly plan: Plan;
  readonly run: FinishedRun;
}

/** Plans, runs, and compares: the statements told give the catalog that the run gives, and the rows told are those read. */
async function foretold(id: string, body: object = {}): Promise<Foretold> {
  const plan = await planOf(id, body);
  const told = await after(plan.streams.flatMap(({ ddl }) => ddl ?? []));
  const run = await millrace.sync(id, body);
  expect(await itemsOf(millrace.destination)).toEqual(told);
  for (const { name, rows, error } of plan.streams) {
    const ran = run.streams.find((stream) => stream.name === name);
    if (error) expect(ran?.error?.code, name).toBe(error.code);
    else expect({ name, rows: rows?.count, exact: rows?.exact }).toEqual({ name, rows: ran?.rows.extracted, exact: true });
  }
  return { plan, run };
}

const only = ({ plan }: Foretold): PlannedStream => plan.streams[0] as PlannedStream;

/** A table with a key, an enum, and twenty rows. */
async function table(): Promise<string> {
  const name = `t${(serial += 1)}`;
  await millrace.source.query(`
    do $$ begin create type mood as enum ('sad', 'ok'); exception when duplicate_object then null; end $$;
    create table ${name} (id int primary key, kind mood, note varchar(20), at timestamptz not null);
    insert into ${name} select i, 'ok', 'n' || i, timestamptz '2026-01-01' + i * interval '1 hour' from generate_series(1, 20) i`);
  return name;
}

const more = (name: string, from: number, to: number): Promise<unknown> =>
  millrace.source.query(
    `insert into ${name} (id, kind, note, at) select i, 'sad', 'm', timestamptz '2026-02-01' + i * interval '1 hour' from generate_series(${from}, ${to}) i`,
  );

const MODES = [
  ['full_refresh_overwrite', {}],
  ['full_refresh_append', {}],
  ['incremental_append', { cursorField: 'at' }],
  ['incremental_deduped', { cursorField: 'at' }],
  ['mirror', { deletes: 'soft' }],
  ['scd2', {}],
  ['scd2', { cursorField: 'at' }],
  ['mirror', { sql: 'select id, kind, note, "at", length(note) as size from input' }],
  ['incremental_deduped', { cursorField: 'at', sql: 'select id, "at", upper(note) as note, id * 1.5 as more from input' }],
] as const;

describe.each(MODES)('%s %o does what was told', (mode, options) => {
  const settings = { mode, ...options };

  test('first run, changed columns, nothing new, refresh', async () => {
    const name = await table();
    const id = await millrace.connect([{ name: `public.${name}`, ...settings, target: { schema: `s_${name}` } }]);
    const first = only(await foretold(id));
    expect(first).toMatchObject({
      from: { kind: 'start' },
      refresh: false,
      schema: { accepted: null, changes: [] },
      error: null,
    });
    expect(first.ddl?.[0]).toMatch(/^create schema/);
    await millrace.source.query(`alter table ${name} add column extra numeric(5,1), alter column note type varchar(40)`);
    await more(name, 21, 25);
    const changed = only(await foretold(id));
    expect(changed.schema).toMatchObject({
      ...{ accepted: 1, policy: 'evolve', effect: 'follows' },
      changes: [
        { kind: 'widened', field: 'note' },
        { kind: 'added', field: 'extra' },
      ],
    });
    const again = only(await foretold(id));
    expect(again.ddl).toEqual([]);
    if (again.cursorField) expect(again.notes).toContain('nothing new, the target is left alone');
    const refreshed = only(await foretold(id, { refresh: true }));
    expect(refreshed).toMatchObject({ refresh: true, publish: 'swap', rows: { count: 25 } });
  });
});

test('a plan changes nothing anywhere, and begins no run', async () => {
  const name = await table();
  await using fresh = await startMillrace();
  const id = await fresh.connect([{ name: 'public.t', mode: 'mirror' }], { source: millrace.source.url });
  await millrace.source.query(`create table if not exists t as select * from ${name}; alter table t add primary key (id)`);
  const before = await fresh.destination.query(`select nspname from pg_namespace order by 1`);
  const plan = await planOf2(fresh, id);
  expect(plan.notes).toEqual(['the first run into this destination creates _millrace, which holds the ledger']);
  expect(plan.streams[0]?.ddl?.length).toBeGreaterThan(0);
  expect(await fresh.destination.query(`select nspname from pg_namespace order by 1`)).toEqual(before);
  expect(await fresh.destination.query(`select 1 from pg_tables where schemaname = 'public'`)).toEqual([]);
  for (const table_ of ['runs', 'stream_schemas', 'state_changes'])
    expect(await fresh.metadata.query(`select * from ${table_}`), table_).toEqual([]);
  const connection = await Connection.connect({ address: servers().temporalAddress });
  try {
    const handle = new Client({ connection }).workflow.getHandle(`connection/${id}`);
    await expect(handle.describe()).rejects.toThrow(/not found/);
  } finally {
    await connection.close();
  }
});

async function planOf2(of: Millrace, id: string): Promise<Plan> {
  return (await of.call('POST', `/v1/connections/${id}/plan`)).body as Plan;
}

test('no ledger row and no epoch comes from a plan between two runs', async () => {
  const name = await table();
  const id = await millrace.connect([{ name: `public.${name}`, mode: 'incremental_append', cursorField: 'id' }]);
  await millrace.sync(id);
  await more(name, 21, 23);
  await millrace.source.query(`alter table ${name} add column extra int`);
  const kept = async (): Promise<unknown> => [
    await millrace.destination.query(
      `select connection, epoch, run, raised_at from _millrace.connections where connection = '${id}'`,
    ),
    await millrace.destination.query(`select * from _millrace.ledger where connection = '${id}'`),
    await millrace.destination.query(`select * from _millrace.targets where connection = '${id}'`),
    await millrace.metadata.query(`select * from stream_schemas where connection_id = '${id}'`),
    (await millrace.call('GET', `/v1/connections/${id}/state`)).body,
    await itemsOf(millrace.destination),
  ];
  const before = await kept();
  const { streams } = await planOf(id);
  expect(streams[0]).toMatchObject({
    ...{
      from: { kind: 'cursor', cursor: { value: '20' } },
      to: '23',
      rows: { count: 4, exact: true, again: 1 },
      publish: 'in_place',
    },
    ddl: [`alter table "public"."${name}" add column "extra" integer`],
  });
  expect(await kept()).toEqual(before);
});

describe('the policy for changed columns is told as it is applied', () => {
  test.each([
    ['ignore_new', 'left_out'],
    ['quarantine', 'rejected'],
    ['stop', 'stops'],
  ] as const)('%s', async (schemaPolicy, effect) => {
    const name = await table();
    const id = await millrace.connect([{ name: `public.${name}`, mode: 'incremental_append', cursorField: 'id', schemaPolicy }]);
    await foretold(id);
    await millrace.source.query(`alter table ${name} add column extra int default 1`);
    await more(name, 21, 22);
    const told = only(await foretold(id));
    expect(told.schema).toMatchObject({ effect, changes: [{ kind: 'added', field: 'extra' }] });
    if (schemaPolicy === 'stop') expect(told.error?.code).toBe('source.schema_changed');
    const diff = await millrace.call('GET', `/v1/connections/${id}/schemas/diff`);
    expect(diff.body.data).toMatchObject([{ stream: `public.${name}`, schema: { accepted: 1, effect } }]);
  });
});

describe('what hangs on a table decides how it is replaced', () => {
  test('a view: its rows are replaced; onDependents refuse: it would not run', async () => {
    const name = await table();
    const config = { name: `public.${name}`, mode: 'full_refresh_overwrite' };
    const id = await millrace.connect([config]);
    await millrace.sync(id);
    await millrace.destination.query(`create view v_${name} as select id from ${name}`);
    expect(only(await foretold(id))).toMatchObject({ publish: 'replace_rows', ddl: [] });
    await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...config, onDependents: 'refuse' }] });
    expect(only(await foretold(id)).error).toMatchObject({ code: 'load.target_incompatible' });
  });

  test('a foreign key: only what differs is written', async () => {
    const name = await table();
    const id = await millrace.connect([{ name: `public.${name}`, mode: 'full_refresh_overwrite' }]);
    await millrace.sync(id);
    await millrace.destination.query(
      `alter table ${name} add primary key (id); create table f_${name} (id int references ${name} (id)); insert into f_${name} values (1)`,
    );
    expect(only(await foretold(id))).toMatchObject({ publish: 'difference' });
  });
});

test('why a stream is read from the start, or would not run', async () => {
  const name = await table();
  const config = { name: `public.${name}`, mode: 'incremental_append', cursorField: 'id' };
  const id = await millrace.connect([config, { name: 'public.absent', mode: 'mirror' }]);
  const [, absent] = (await foretold(id)).plan.streams;
  expect(absent?.error?.code).toBe('source.stream_missing');
  await millrace.destination.query(`drop table ${name}`);
  expect(only(await foretold(id, { streams: [config.name] })).error?.code).toBe('load.target_missing');
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...config, onTargetMissing: 'refresh' }] });
  const refreshed = only(await foretold(id));
  expect(refreshed).toMatchObject({
    refresh: true,
    notes: ['the target table was gone: read from the start'],
    rows: { count: 20 },
  });
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...config, mode: 'incremental_deduped' }] });
  expect(only(await foretold(id)).notes).toContain('its mode was incremental_append: read from the start');
});

test('a window is counted, and the target is told to stay as it is', async () => {
  const name = await table();
  const id = await millrace.connect([{ name: `public.${name}`, mode: 'incremental_append', cursorField: 'id' }]);
  await millrace.sync(id);
  const { plan } = await foretold(id, { backfill: { from: '5', to: '10' } });
  expect(plan.streams[0]).toMatchObject({ rows: { count: 5, exact: true }, ddl: [], publish: 'append', error: null });
  const refused = await planOf(id, { backfill: { from: 'no number' } });
  expect(refused.streams[0]?.error?.code).toBe('backfill.not_possible');
});

test('names that are not there are refused with those that are meant', async () => {
  const name = await table();
  const id = await millrace.connect([{ name: `public.${name}`, mode: 'mirror' }]);
  const reply = await millrace.call('POST', `/v1/connections/${id}/plan`, { streams: [`public.${name}x`] });
  expect(reply).toMatchObject({ status: 422, body: { code: 'connection.invalid' } });
  expect(reply.body.errors).toMatchObject([{ path: 'streams[0]', suggestion: `Did you mean public.${name}?` }]);
});

test('files are planned without an estimate', async () => {
  const config = { root: 'file:///nonexistent', streams: [{ name: 'people', path: '*.csv', format: 'csv' }] };
  const from = await millrace.call('POST', '/v1/sources', { name: 'files', connector: 'files', config });
  const to = await millrace.call('POST', '/v1/destinations', {
    ...{ name: 'warehouse', connector: 'postgres', config: { url: millrace.destination.url } },
  });
  const connection = {
    sourceId: from.body.id,
    destinationId: to.body.id,
    streams: [{ name: 'people', mode: 'full_refresh_append' }],
  };
  const made = await millrace.call('POST', '/v1/connections', { name: 'files', ...connection });
  const reply = await millrace.call('POST', `/v1/connections/${made.body.id}/plan`);
  expect(reply).toMatchObject({ status: 422, body: { code: 'connector.invalid_config' } });
});
