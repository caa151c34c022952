import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FinishedRun, type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { expectAccounted, rejectedRows, stream } from './support/row-scene.js';

/** I7 where it is hard: many bad rows, keys, several files in a slice, the same key twice, constraints that only a publish meets. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function succeeded(id: string): Promise<FinishedRun> {
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run.error)).toBe('succeeded');
  expectAccounted(run);
  return run;
}

test.each([
  ['values that do not fit', 200_000, 'create domain small as smallint; alter table % alter column v type small'],
  ['a broken CHECK', 50_000, 'alter table % add constraint small check (v < 32768)'],
  [
    'a trigger, which is asked row by row',
    10_000,
    `create function small() returns trigger language plpgsql as 'begin if new.v > 32767 then raise check_violation; end if; return new; end';
     create trigger small before insert on % for each row execute function small()`,
  ],
] as const)('I7: a fifth of the rows may be bad by %s: the others are all loaded (%i rows)', async (_, rows, target) => {
  const { source, destination } = millrace;
  const table = `many_${rows}`;
  await source.query(`create table ${table} (id int primary key, v int, note text); insert into ${table} values (0, 0, 'x')`);
  const id = await millrace.connect([stream(table, 'incremental_append', { rowPolicy: 'reject_row' })]);
  await succeeded(id);
  await destination.query(target.replaceAll('%', table));
  await source.query(
    `insert into ${table} select i, case when i % 5 = 0 then 40000 else i % 1000 end, 'n' || i from generate_series(1, ${rows}) i`,
  );
  expect((await succeeded(id)).streams[0]?.rows).toMatchObject({ loaded: rows * 0.8, rejected: rows / 5 });
  const good = `(select * from ${table} where v < 32768) as good`;
  expect(await contentHash(destination, table, 'id, v, note')).toEqual(await contentHash(source, good, 'id, v, note'));
});

test.each(['null_field', 'reject_row'])(
  'I7: %s: a row whose key has a NULL part is kept aside, and so is one whose cursor does not fit',
  async (rowPolicy) => {
    const { source, destination } = millrace;
    const table = `keys_${rowPolicy}`;
    await source.query(`create table ${table} (region text, id int, v text); insert into ${table} values ('eu', 1, 'a')`);
    const sql = `select region, case when id = 5 then null else id end as id, v from input`;
    const id = await millrace.connect([stream(table, 'incremental_deduped', { rowPolicy, sql, primaryKey: ['region', 'id'] })]);
    await succeeded(id);
    await source.query(`insert into ${table} values ('eu', 2, 'b'), (null, 3, 'c'), ('us', 4, 'd'), ('us', 5, 'e')`);
    expect((await succeeded(id)).streams[0]?.rows).toMatchObject({ loaded: 2, rejected: 2 });
    expect(await destination.query(`select v from ${table} order by v`)).toEqual([{ v: 'a' }, { v: 'b' }, { v: 'd' }]);
    expect((await rejectedRows(millrace, id)).map(({ row, reasons }) => [row['v'], reasons])).toEqual([
      ['c', [{ field: 'region', code: 'null_value', reason: 'NULL where the target takes none' }]],
      ['e', [{ field: 'id', code: 'null_value', reason: 'NULL where the target takes none' }]],
    ]);
  },
);

test('I7: a later good row takes the note of an earlier bad one away, also under another policy', async () => {
  const { source, destination } = millrace;
  await source.query(`create table mended (id int primary key, at int, v text); insert into mended values (1, 1, 'ok')`);
  const id = await millrace.connect([stream('mended', 'incremental_deduped', { cursorField: 'at' })]);
  await succeeded(id);
  await destination.query('create domain five as varchar(5); alter table mended alter column v type five');
  const note = () => destination.query('select v, _millrace_changes as changes from mended');
  await source.query(`update mended set at = 2, v = 'much too long'`);
  await succeeded(id);
  expect(await note()).toEqual([{ v: null, changes: [expect.objectContaining({ field: 'v', change: 'nulled' })] }]);
  await source.query(`update mended set at = 3, v = 'fine'`);
  const { body } = await millrace.call('GET', `/v1/connections/${id}`);
  await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...body.streams[0], rowPolicy: 'reject_row' }] });
  await succeeded(id);
  expect(await note()).toEqual([{ v: 'fine', changes: null }]);
});

test('I7: of several rows of one key in a slice the newest that the target takes stays, and each is counted once', async () => {
  const { source, destination } = millrace;
  await source.query(`create table versions (id int, at int, v int); insert into versions values (0, 0, 1)`);
  const id = await millrace.connect([
    stream('versions', 'incremental_deduped', { cursorField: 'at', primaryKey: ['id'], rowPolicy: 'reject_row' }),
  ]);
  await succeeded(id);
  await destination.query('alter table versions add check (v > 0)');
  await source.query(
    'insert into versions select i % 100, i, case when i > 900 then -1 else i end from generate_series(1, 1000) i',
  );
  expect((await succeeded(id)).streams[0]?.rows).toMatchObject({ loaded: 100, rejected: 100, superseded: 800 });
  expect(await destination.query('select count(*)::int as rows, min(v) as min, max(v) as max from versions')).toEqual([
    { rows: 100, min: 801, max: 900 },
  ]);
});

test('I7: NUL characters of JSON files, in a slice of several files', async () => {
  const folder = join(millrace.stageDir, '..', 'files');
  await mkdir(folder);
  const line = (id: number): string => JSON.stringify({ id, file_row_number: id, v: id % 10 === 0 ? `a\u0000b` : `v${id}` });
  for (const file of [0, 1, 2]) {
    await writeFile(
      join(folder, `${file}.jsonl`),
      Array.from({ length: 50 }, (_, index) => `${line(file * 50 + index + 1)}\n`).join(''),
    );
  }
  const [from, to] = await Promise.all([
    millrace.call('POST', '/v1/sources', {
      ...{ name: 'nul-files', connector: 'files' },
      config: { root: pathToFileURL(folder).href, streams: [{ name: 'nul', path: '*.jsonl', format: 'jsonl' }] },
    }),
    millrace.call('POST', '/v1/destinations', {
      name: 'nul-files',
      connector: 'postgres',
      config: { url: millrace.destination.url },
    }),
  ]);
  const streams = ['null_field', 'reject_row'].map((rowPolicy) => ({
    name: 'nul',
    mode: 'incremental_append',
    rowPolicy,
    target: { table: `nul_${rowPolicy}` },
  }));
  for (const config of streams) {
    const connection = { name: config.rowPolicy, sourceId: from.body.id, destinationId: to.body.id, streams: [config] };
    const made = await millrace.call('POST', '/v1/connections', connection);
    const run = await succeeded(made.body.id);
    const rejected = config.rowPolicy === 'reject_row' ? 15 : 0;
    expect(run.streams[0]?.rows).toMatchObject({ loaded: 150 - rejected, rejected });
    const rows = await rejectedRows(millrace, made.body.id);
    expect(rows.map(({ row }) => [Number(row['id']), row['v']])).toEqual(
      Array.from({ length: rejected }, (_, index) => [10 * (index + 1), 'a\u0000b']),
    );
  }
  expect(
    await millrace.destination.query(
      `select id::int from nul_null_field where v is null and _millrace_changes is not null order by 1 limit 2`,
    ),
  ).toEqual([{ id: 10 }, { id: 20 }]);
});

test('a constraint that only the publish of a whole table meets stops the stream by its name, and the old rows stay', async () => {
  const { source, destination } = millrace;
  await source.query(`create table published (id int primary key, v int); insert into published values (1, 1)`);
  const id = await millrace.connect([stream('published', 'full_refresh_overwrite')]);
  await succeeded(id);
  await destination.query('alter table published add constraint positive check (v > 0)');
  await source.query('insert into published values (2, -2)');
  const run = await millrace.sync(id);
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'load.bad_value', message: expect.stringContaining('"positive"') },
  });
  expect(await destination.query('select id from published')).toEqual([{ id: 1 }]);
});

test('targets and ledgers of older versions get what they lack', async () => {
  const { source, destination } = millrace;
  await source.query(`create table older (id int primary key, v int); insert into older values (1, 1)`);
  const id = await millrace.connect([stream('older', 'incremental_append')]);
  await succeeded(id);
  await destination.query('alter table older drop column _millrace_changes; alter table _millrace.ledger drop column rejects');
  await source.query('insert into older values (2, 2)');
  expect((await succeeded(id)).streams[0]?.notes).toEqual(['added column _millrace_changes jsonb']);
  expect(await destination.query('select id, _millrace_changes from older order by id')).toEqual([
    { id: 1, _millrace_changes: null },
    { id: 2, _millrace_changes: null },
  ]);
});
