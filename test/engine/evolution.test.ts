import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

test.each(['incremental_append', 'incremental_deduped'])(
  'I6: %s takes an added column and a widened type without a reset, and says so',
  async (mode) => {
    const { source, destination } = millrace;
    const table = `grows_${mode}`;
    await source.query(
      `create table ${table} (id int primary key, v smallint, n numeric(6,2)); insert into ${table} values (1, 1, 1.10), (2, 2, 2.20)`,
    );
    const id = await millrace.connect([{ name: `public.${table}`, mode, cursorField: 'id' }]);
    await millrace.sync(id);
    await source.query(`alter table ${table} add column extra text default 'x', alter column v type bigint, alter column n type numeric(10,4);
    insert into ${table} values (3, 9007199254740993, 123456.7891, 'y')`);
    const run = await millrace.sync(id);
    expect(run.status, JSON.stringify(run)).toBe('succeeded');
    const notes = run.streams[0]?.notes.join('\n');
    expect(notes).toContain('added column extra text');
    expect(notes).toContain('widened column v from smallint to bigint');
    expect(await destination.query(`select id, v, n, extra from ${table} order by id`)).toEqual([
      { id: 1, v: '1', n: '1.1000', extra: null },
      { id: 2, v: '2', n: '2.2000', extra: null },
      { id: 3, v: '9007199254740993', n: '123456.7891', extra: 'y' },
    ]);
  },
);

test('a row at the last cursor value is not doubled because a column was added', async () => {
  const { source, destination } = millrace;
  await source.query(`create table tied (id int, at date); insert into tied values (1, '2024-01-01'), (2, '2024-01-01')`);
  const id = await millrace.connect([{ name: 'public.tied', mode: 'incremental_append', cursorField: 'at' }]);
  await millrace.sync(id);
  await source.query(`alter table tied add column extra int default 7; insert into tied values (3, '2024-01-01', 8)`);
  const run = await millrace.sync(id);
  expect(run.streams[0]?.rows).toMatchObject({ repeated: 2, loaded: 1 });
  expect(await destination.query('select id from tied order by id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
});

test('I6: a type that does not fit stops the stream by name, loses nothing, and goes on when it is mended', async () => {
  const { source, destination } = millrace;
  await source.query(`create table clash (id int primary key, v numeric(6,2)); insert into clash values (1, 1.00)`);
  const id = await millrace.connect([{ name: 'public.clash', mode: 'incremental_append', cursorField: 'id' }]);
  await millrace.sync(id);
  await source.query(`alter table clash alter column v type integer; insert into clash values (2, 12345678)`);
  const stopped = await millrace.sync(id);
  expect(stopped).toMatchObject({
    status: 'failed',
    error: { code: 'load.target_incompatible', message: expect.stringContaining('Column v') },
  });
  await destination.query(`alter table clash alter column v type integer`);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await contentHash(destination, 'clash', 'id, v')).toEqual(await contentHash(source, 'clash', 'id, v'));
});

test('a dropped column stays in the target and is NULL in new rows', async () => {
  const { source, destination } = millrace;
  await source.query(`create table shrinks (id int primary key, v text); insert into shrinks values (1, 'a')`);
  const id = await millrace.connect([{ name: 'public.shrinks', mode: 'incremental_deduped', cursorField: 'id' }]);
  await millrace.sync(id);
  await source.query(`alter table shrinks drop column v; insert into shrinks values (2)`);
  await millrace.sync(id);
  expect(await destination.query('select id, v from shrinks order by id')).toEqual([
    { id: 1, v: 'a' },
    { id: 2, v: null },
  ]);
});

test('columns: only the selected ones travel, key and cursor always', async () => {
  const { source, destination } = millrace;
  await source.query(
    `create table picky (id int primary key, at date, secret text, note text); insert into picky values (1, '2024-01-01', 's', 'n')`,
  );
  const stream = { name: 'public.picky', mode: 'incremental_deduped', cursorField: 'at' };
  const include = await millrace.connect([
    { ...stream, columns: { include: ['note'] }, target: { schema: 'sales', table: 'picked' } },
  ]);
  const exclude = await millrace.connect([{ ...stream, columns: { exclude: ['secret'] }, target: { table: 'rest' } }]);
  for (const id of [include, exclude]) expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await destination.query('select * from sales.picked')).toMatchObject([{ id: 1, note: 'n' }]);
  expect(Object.keys((await destination.query('select * from rest'))[0] ?? {})).not.toContain('secret');
});
