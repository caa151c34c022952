import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** A stream of one row that is loaded, whose table then gets another column and another row. */
async function changed(table: string, schemaPolicy: string): Promise<string> {
  const { source } = millrace;
  await source.query(`create table ${table} (id int primary key, name text); insert into ${table} values (1, 'a')`);
  const id = await millrace.connect([{ name: `public.${table}`, mode: 'incremental_deduped', cursorField: 'id', schemaPolicy }]);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await source.query(`alter table ${table} add column extra int; insert into ${table} values (2, 'b', 7)`);
  return id;
}

const columnsOf = async (table: string): Promise<string[]> =>
  (
    await millrace.destination.query(
      `select attname as name from pg_attribute where attrelid = '${table}'::regclass and attnum > 0`,
    )
  ).map((row) => String(row['name']));

const accept = (id: string, table: string) =>
  millrace.call('POST', `/v1/connections/${id}/streams/public.${table}/schema/accept`);

test('I6: stop: a change stops the stream before any row moves, until it is accepted', async () => {
  const id = await changed('strict', 'stop');
  const stopped = await millrace.sync(id);
  expect(stopped.streams[0]).toMatchObject({
    status: 'failed',
    rows: { extracted: 0 },
    error: { code: 'source.schema_changed', message: expect.stringContaining('added extra integer') },
  });
  expect((await millrace.call('GET', `/v1/connections/${id}/schemas`)).body.data).toMatchObject([
    { version: 2, accepted: false, run: 2, changes: [{ kind: 'added', field: 'extra', to: 'integer', breaking: false }] },
    { version: 1, accepted: true, run: 1, changes: [] },
  ]);
  expect((await accept(id, 'strict')).body).toMatchObject({ version: 2, accepted: true });
  expect((await accept(id, 'strict')).status).toBe(409);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await contentHash(millrace.destination, 'strict', 'id, name, extra')).toEqual(
    await contentHash(millrace.source, 'strict', 'id, name, extra'),
  );
});

test('I6: ignore_new: new columns are left out and told, until they are accepted', async () => {
  const id = await changed('narrow', 'ignore_new');
  const run = await millrace.sync(id);
  expect(run.status).toBe('succeeded');
  expect(run.streams[0]?.notes.join()).toContain('new columns are left out: added extra integer');
  expect(await columnsOf('narrow')).not.toContain('extra');
  await accept(id, 'narrow');
  await millrace.source.query(`insert into narrow values (3, 'c', 8)`);
  await millrace.sync(id);
  expect(await millrace.destination.query('select id, extra from narrow order by id')).toEqual([
    { id: 1, extra: null },
    { id: 2, extra: null },
    { id: 3, extra: 8 },
  ]);
});

test('I6: quarantine: rows that need what was not accepted are kept aside, the others are loaded; accepted, they are loaded too', async () => {
  const { source, destination, call } = millrace;
  await source.query(
    `create table kept (id int primary key, name text, price numeric(6,2)); insert into kept values (1, 'a', 1.00)`,
  );
  const stream = { name: 'public.kept', mode: 'incremental_deduped', cursorField: 'id', schemaPolicy: 'quarantine' };
  const id = await millrace.connect([stream]);
  await millrace.sync(id);
  await source.query(`alter table kept add column extra int, alter column price type numeric(12,4);
    insert into kept values (2, 'fits', 2.5000, null), (3, 'new', 3, 7), (4, 'rounded', 4.1234, null), (5, 'large', 123456.00, null)`);
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.streams)).toBe('succeeded');
  expect(run.streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 1, rejected: 3 });
  expect(run.streams[0]?.notes.join()).toContain(
    'not accepted yet, rows that need it are rejected: widened price from numeric(6,2) to numeric(12,4); added extra integer',
  );
  expect(await columnsOf('kept')).not.toContain('extra');
  expect(await destination.query('select id, price from kept order by id')).toEqual([
    { id: 1, price: '1.00' },
    { id: 2, price: '2.50' },
  ]);
  const [reject] = (await call('GET', `/v1/connections/${id}/rejects`)).body.data;
  expect(reject.reasons).toEqual(
    expect.arrayContaining([
      { field: 'extra', code: 'new_column', reason: 'a value in a column that is not accepted yet', rows: 1 },
      { field: 'price', code: 'would_change', reason: 'would be changed by the type that is accepted', rows: 1 },
      { field: 'price', code: 'out_of_range', reason: 'out of range for numeric(6,2)', rows: 1 },
    ]),
  );
  const early = await millrace.ended((await call('POST', `/v1/connections/${id}/rejects/replay`, {})).body.id);
  expect(early.streams[0]?.error?.code).toBe('rejects.not_replayable');
  await accept(id, 'kept');
  const replay = await millrace.ended((await call('POST', `/v1/connections/${id}/rejects/replay`, {})).body.id);
  expect(replay.status, JSON.stringify(replay)).toBe('succeeded');
  const all = 'id, name, price::numeric(12,4), extra';
  expect(await contentHash(destination, 'kept', all)).toEqual(await contentHash(source, 'kept', all));
});

test.each(['mirror', 'full_refresh_overwrite'])(
  'I6: quarantine in %s: rows that do not fit are not deleted for it',
  async (mode) => {
    const { source, destination } = millrace;
    const table = `aside_${mode}`;
    await source.query(`create table ${table} (id int primary key, name text); insert into ${table} values (1, 'a'), (2, 'b')`);
    const id = await millrace.connect([{ name: `public.${table}`, mode, schemaPolicy: 'quarantine' }]);
    await millrace.sync(id);
    await source.query(
      `alter table ${table} add column extra int; update ${table} set extra = 1, name = 'B' where id = 2; insert into ${table} values (3, 'c')`,
    );
    const run = await millrace.sync(id);
    expect(run.streams[0]?.rows).toMatchObject({ extracted: 3, loaded: 2, rejected: 1 });
    const held = await destination.query(`select id, name from ${table} order by id`);
    const kept = mode === 'mirror' ? [{ id: 2, name: 'b' }] : [];
    expect(held).toEqual([{ id: 1, name: 'a' }, ...kept, { id: 3, name: 'c' }]);
    if (mode === 'mirror') expect(run.streams[0]?.notes.join()).toContain('stay, because 1 rows of it were rejected');
  },
);

test('I6: evolve: what a source has changed is told before it is loaded, breaking changes as such', async () => {
  const { source } = millrace;
  const id = await changed('open', 'evolve');
  expect((await millrace.sync(id)).streams[0]?.notes).toEqual(
    expect.arrayContaining(['the source has changed: added extra integer', 'added column extra integer']),
  );
  await source.query(
    `alter table open alter column extra type date using '2024-01-01'::date; insert into open values (3, 'c', '2024-01-02')`,
  );
  const stopped = await millrace.sync(id);
  expect(stopped.streams[0]?.notes).toContain('the source has changed: breaking: retyped extra from integer to date');
  expect(stopped.streams[0]?.error).toMatchObject({ code: 'load.target_incompatible' });
  expect((await millrace.sync(id, { refresh: ['public.open'] })).status).toBe('succeeded');
  expect(await contentHash(millrace.destination, 'open', 'id, name, extra')).toEqual(
    await contentHash(source, 'open', 'id, name, extra'),
  );
});

test('I6: a renamed column: the old one stays, the new one is added, and the run says that it may be a rename', async () => {
  const { source, destination } = millrace;
  const id = await changed('renamed', 'evolve');
  await millrace.sync(id);
  await source.query(`alter table renamed rename column name to title; insert into renamed values (3, 'c', 1)`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.notes.join()).toContain('dropped name text, maybe renamed to title');
  expect(await destination.query('select id, name, title from renamed order by id')).toMatchObject([
    { id: 1, name: 'a' },
    { id: 2, name: 'b' },
    { id: 3, name: null, title: 'c' },
  ]);
});

test('I6: NOT NULL that comes and goes at the source changes nothing in the target', async () => {
  const { source } = millrace;
  const id = await changed('nullable', 'evolve');
  await millrace.sync(id);
  await source.query(`alter table nullable alter column name set not null; insert into nullable values (3, 'c', 1)`);
  const run = await millrace.sync(id);
  expect(run.status).toBe('succeeded');
  expect(run.streams[0]?.notes).toEqual(['the source has changed: name is required now']);
});

test('I6: a column that comes back with another type is told, and does not overwrite the old one', async () => {
  const { source } = millrace;
  const id = await changed('again', 'evolve');
  await millrace.sync(id);
  await source.query(`alter table again drop column extra; insert into again values (3, 'c')`);
  await millrace.sync(id);
  await source.query(`alter table again add column extra date; insert into again values (4, 'd', '2024-01-01')`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.notes.join()).toContain('breaking: retyped extra from integer to date');
  expect(run.streams[0]?.error?.code).toBe('load.target_incompatible');
});

test('I6: a table that was changed by hand at the destination is brought back, and the run says so', async () => {
  const { source, destination } = millrace;
  const id = await changed('touched', 'evolve');
  await millrace.sync(id);
  await destination.query(`alter table touched drop column extra; alter table touched add column mine text default 'x'`);
  await source.query(`insert into touched values (3, 'c', 9)`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.notes).toContain('added column extra integer');
  expect(await destination.query('select id, extra, mine from touched where id = 3')).toEqual([{ id: 3, extra: 9, mine: 'x' }]);
});

test('I6: a table that is dropped at the source stops its stream only, and the target stays', async () => {
  const { source, destination } = millrace;
  await source.query(
    'create table gone (id int primary key); insert into gone values (1); create table there (id int primary key); insert into there values (1)',
  );
  const id = await millrace.connect([
    { name: 'public.gone', mode: 'mirror' },
    { name: 'public.there', mode: 'mirror' },
  ]);
  await millrace.sync(id);
  await source.query('drop table gone');
  const run = await millrace.sync(id);
  expect(run.status).toBe('partial');
  expect(run.streams.map(({ error }) => error?.code)).toEqual(['source.stream_missing', undefined]);
  expect(await destination.query('select id from gone')).toEqual([{ id: 1 }]);
});
