import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

const oid = async (table: string): Promise<unknown> =>
  (await millrace.destination.query(`select '${table}'::regclass::oid::text as oid`))[0]?.['oid'];

async function expectEqual(table: string, columns: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, columns)).toEqual(await contentHash(millrace.source, table, columns));
}

/** A loaded stream of ten rows, and then others in the source. */
async function loaded(table: string, options: object = {}): Promise<string> {
  const { source } = millrace;
  await source.query(`create table ${table} (id int primary key, name text, extra int);
    insert into ${table} select i, 'n' || i, i from generate_series(1, 10) i`);
  const id = await millrace.connect([{ name: `public.${table}`, mode: 'full_refresh_overwrite', ...options }]);
  await millrace.sync(id);
  return id;
}

async function change(table: string): Promise<void> {
  await millrace.source.query(
    `delete from ${table} where id > 5; update ${table} set name = 'changed' where id = 1; insert into ${table} values (11, 'new', 11)`,
  );
}

test('I5: a swap keeps rights, parameters, comments, keys, indexes, publications and replica identity', async () => {
  const { destination } = millrace;
  const id = await loaded('dressed');
  await destination.query(`alter table dressed add constraint my_key primary key (id); create index my_index on dressed (name) where id > 2;
    alter table dressed add constraint my_unique unique (extra); create unique index my_identity on dressed (id);
    alter table dressed replica identity using index my_identity; create publication my_publication for table dressed;
    alter table dressed set (fillfactor = 70, autovacuum_analyze_scale_factor = 0.05); grant select on dressed to public; grant update (name) on dressed to public; comment on table dressed is 'mine'; comment on column dressed.name is 'theirs'`);
  const facts = (): Promise<unknown[]> =>
    destination.query(`select indexdef as fact from pg_indexes where tablename = 'dressed'
      union all select pubname from pg_publication_tables where tablename = 'dressed' union all select relreplident::text from pg_class where relname = 'dressed'
      union all select relacl::text from pg_class where relname = 'dressed' union all select reloptions::text from pg_class where relname = 'dressed' union all select attacl::text from pg_attribute where attrelid = 'dressed'::regclass
      union all select obj_description('dressed'::regclass) union all select col_description('dressed'::regclass, 2) order by 1`);
  const [before, was] = [await facts(), await oid('dressed')];
  await change('dressed');
  expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await facts()).toEqual(before);
  expect(await oid('dressed')).not.toBe(was);
  await expectEqual('dressed', 'id, name, extra');
});

test.each([
  ['view', 'create view a_view as select name from hung_view'],
  ['materialized', 'create materialized view a_matview as select name from hung_materialized'],
  [
    'trigger',
    `create function quiet() returns trigger language plpgsql as 'begin return new; end'; create trigger a_trigger before insert on hung_trigger for each row execute function quiet()`,
  ],
  ['policy', 'create policy a_policy on hung_policy using (true)'],
  ['column', `alter table hung_column add column note text default 'mine'`],
  ['check', 'alter table hung_check add constraint a_check check (id > 0)'],
  ['rowtype', `create function taking(hung_rowtype) returns int language sql as 'select 1'`],
])('I5: a table that something depends on (%s) stays, and its rows are replaced', async (kind, sql) => {
  const table = `hung_${kind}`;
  const id = await loaded(table);
  await millrace.destination.query(sql);
  const was = await oid(table);
  await change(table);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.error)).toBe('succeeded');
  expect(await oid(table)).toBe(was);
  await expectEqual(table, 'id, name, extra');
});

test('I5: rows that foreign keys point at are changed by difference only', async () => {
  const { destination } = millrace;
  const id = await loaded('pointed');
  await destination.query(
    `alter table pointed add primary key (id); create table pointing (to_id int references pointed (id)); insert into pointing values (1), (5)`,
  );
  await change('pointed');
  const run = await millrace.sync(id);
  expect(run.streams[0]?.notes).toContain('rows: 5 deleted, 1 updated, 1 inserted');
  await expectEqual('pointed', 'id, name, extra');
  await millrace.source.query('delete from pointed where id = 5');
  const refused = await millrace.sync(id);
  expect(refused.streams[0]?.error).toMatchObject({ code: 'load.bad_value', message: expect.stringContaining('pointing') });
  expect(await destination.query('select count(*)::int as n from pointed'), 'nothing was changed').toEqual([{ n: 6 }]);
});

test('onDependents: refuse stops the stream, and says what depends on the table', async () => {
  const id = await loaded('guarded', { onDependents: 'refuse' });
  await change('guarded');
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await millrace.destination.query('create view watching as select * from guarded');
  const run = await millrace.sync(id);
  expect(run.streams[0]?.error).toMatchObject({
    code: 'load.target_incompatible',
    message: expect.stringContaining('view public.watching'),
  });
});

test('a column that the source has dropped stays in the target, empty; a changed type is told', async () => {
  const { source, destination } = millrace;
  const id = await loaded('shrunk');
  await source.query('alter table shrunk drop column extra; alter table shrunk alter column id type bigint');
  const run = await millrace.sync(id);
  expect(run.streams[0]?.notes).toContain('changed column id from integer to bigint');
  expect(await destination.query('select count(*)::int as n, count(extra)::int as extras from shrunk')).toEqual([
    { n: 10, extras: 0 },
  ]);
});

test('I5: readers never see an empty or a half-filled table', async () => {
  const id = await loaded('watched');
  await millrace.source.query(`insert into watched select i, 'n', i from generate_series(12, 20000) i`);
  await millrace.sync(id);
  const reader = new pg.Client({ connectionString: millrace.destination.url });
  await reader.connect();
  const seen = new Set<string>();
  const runs = (async () => {
    for (let n = 0; n < 3; n++) await millrace.sync(id);
    await millrace.destination.query('create view on_watched as select * from watched');
    for (let n = 0; n < 2; n++) await millrace.sync(id);
    return 'done' as const;
  })();
  for (let state = ''; state !== 'done'; state = await Promise.race([runs, Promise.resolve('')])) {
    seen.add(((await reader.query('select count(*)::text as n from watched')).rows[0] as { n: string }).n);
  }
  await reader.end();
  expect([...seen]).toEqual(['19999']);
});
