import { readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectConnection, type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';
import { contentHash } from '../support/millrace.js';

/** Ties at the last value and the sets that tell them apart, NULLs, cursors that change, and values that are hard to order. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns();
});
afterAll(() => runs[Symbol.asyncDispose]());

function connect(table: string, more: object = {}): DirectConnection {
  return runs.connect([{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'at', ...more }]);
}

const merging = { mode: 'incremental_deduped', primaryKey: ['id'] };

async function expectSame(table: string, columns: string, target = table): Promise<void> {
  expect(await contentHash(runs.destination, target, columns)).toEqual(await contentHash(runs.source, table, columns));
}

describe('rows that share the last value', () => {
  test('a column that is added between two runs doubles no row, in that run or a later one', async () => {
    await runs.source.query(`create table grown (id int, at int); insert into grown values (1, 7), (2, 7), (2, 7)`);
    const connection = connect('grown');
    await connection.run();
    await runs.source.query(
      `alter table grown add note text default 'all alike'; insert into grown values (3, 7, 'new'), (1, 7, 'again')`,
    );
    expect((await connection.run()).rows).toMatchObject({ extracted: 5, repeated: 3, loaded: 2 });
    await runs.source.query(`insert into grown values (4, 7, 'newer')`);
    expect((await connection.run()).rows).toMatchObject({ extracted: 6, repeated: 5, loaded: 1 });
    expect((await connection.run()).rows).toMatchObject({ extracted: 6, repeated: 6, loaded: 0 });
    await expectSame('grown', 'id, at');
  });

  test('a column that is widened between two runs doubles no row either', async () => {
    await runs.source.query(
      `create table widened (id int, at int, amount numeric(6,2)); insert into widened values (1, 7, 1.5), (2, 7, 2.25)`,
    );
    const connection = connect('widened');
    await connection.run();
    await runs.source.query(
      `alter table widened alter id type bigint, alter at type bigint; insert into widened values (9007199254740993, 7, 3)`,
    );
    expect((await connection.run()).rows).toMatchObject({ repeated: 2, loaded: 1 });
    expect((await connection.run()).rows).toMatchObject({ repeated: 3, loaded: 0 });
    await expectSame('widened', 'id, at, amount');
  });

  test('a column that is gone: appending stops with a choice, merging goes on', async () => {
    await runs.source.query(`create table shrunk (id int primary key, at int, note text); insert into shrunk values (1, 7, 'a')`);
    const [appending, merged] = [connect('shrunk'), connect('shrunk', { ...merging, target: { table: 'shrunk_merged' } })];
    await appending.run();
    await merged.run();
    await runs.source.query(`alter table shrunk drop note; insert into shrunk values (2, 7)`);
    expect((await failureOf(appending.run())).code).toBe('source.boundary_lost');
    await merged.run();
    await expectSame('shrunk', 'id, at', 'shrunk_merged');
  });

  test('more than fit the ledger row stand in a file; without it appending stops, and merging goes on', async () => {
    await runs.source.query(
      `create table tied (id int primary key, at timestamptz(0)); insert into tied select i, '2024-01-01' from generate_series(1, 2500) i`,
    );
    const appending = connect('tied');
    const merged = connect('tied', { ...merging, target: { table: 'tied_merged' } });
    for (const connection of [appending, merged]) expect((await connection.run()).rows.loaded).toBe(2500);
    await runs.source.query(`insert into tied select i, '2024-01-01' from generate_series(2501, 4000) i`);
    for (const connection of [appending, merged])
      expect((await connection.run()).rows).toMatchObject({ extracted: 4000, repeated: 2500, loaded: 1500 });
    await expectSame('tied', 'id, at');
    for (const connection of [appending, merged]) await loseBoundaryFiles(connection);
    await runs.source.query(`insert into tied values (4001, '2024-01-01')`);
    expect((await failureOf(appending.run())).code).toBe('source.boundary_lost');
    expect((await merged.run()).rows).toMatchObject({ extracted: 4001, repeated: 0 });
    await expectSame('tied', 'id, at', 'tied_merged');
    expect((await merged.run()).rows).toMatchObject({ extracted: 4001, repeated: 4001 });
  });

  async function loseBoundaryFiles({ id }: DirectConnection): Promise<void> {
    const folder = `${runs.stageDir}/wsp_direct/${id}/boundaries`;
    expect((await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.parquet')).length).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
  }

  test.each([
    ['date', `'2024-01-01'`],
    ['timestamp(0)', `'2024-01-01 10:00:00'`],
    ['timestamptz(0)', `'2024-01-01 10:00:00+00'`],
    ['numeric(4,1)', '7.5'],
    ['numeric', '1e30'],
  ])('a cursor of low resolution gets company again and again: %s', async (type, value) => {
    const table = `coarse_${type.replaceAll(/\W/g, '_')}`;
    await runs.source.query(`create table ${table} (id int, at ${type}, note text)`);
    const connection = connect(table);
    for (let run = 1; run <= 4; run++) {
      await runs.source.query(
        `insert into ${table} values (${run}, ${value}, null), (${run}, ${value}, ''), (1, ${value}, 'the same each time')`,
      );
      expect((await connection.run()).rows).toMatchObject({ repeated: 3 * (run - 1), loaded: 3 });
    }
    await expectSame(table, 'id, at, note');
  });

  test('a row of the last value that is changed is a new row, one that is deleted is none', async () => {
    await runs.source.query(
      `create table edited (id int, at int, note text); insert into edited values (1, 7, 'a'), (2, 7, 'b'), (3, 7, 'c')`,
    );
    const connection = connect('edited');
    await connection.run();
    await runs.source.query(`update edited set note = 'changed' where id = 1; delete from edited where id = 2`);
    expect((await connection.run()).rows).toMatchObject({ extracted: 2, repeated: 1, loaded: 1 });
    expect((await connection.run()).rows).toMatchObject({ extracted: 2, repeated: 2, loaded: 0 });
  });

  test('values that a type cannot hold, in one run or the other, are told apart and not doubled', async () => {
    await runs.source.query(
      `create table odd_ties (id int, at int, n numeric(6,2), d timestamptz, e date, f float8, l int[], b bool[])`,
    );
    const connection = connect('odd_ties');
    const plain = `(1, 7, 1.10, '4713-01-01 BC', '0044-03-15 BC', '-0', '{1,null,3}', '{t,f}')`;
    const odd = `(2, 7, 'NaN', '294276-12-31', '5874897-01-01', 'NaN', '{{1,2},{3,4}}', '{{t}}')`;
    await runs.source.query(`insert into odd_ties values ${plain}, (3, 7, null, 'infinity', '-infinity', null, '{}', null)`);
    await connection.run();
    await runs.source.query(`insert into odd_ties values ${odd}, ${plain}`);
    expect((await connection.run()).rows).toMatchObject({ repeated: 2, loaded: 2 });
    expect((await connection.run()).rows).toMatchObject({ repeated: 4, loaded: 0 });
    await runs.source.query('delete from odd_ties where id = 2');
    expect((await connection.run()).rows).toMatchObject({ repeated: 3, loaded: 0 });
    await runs.source.query(`insert into odd_ties values ${odd}`);
    expect((await connection.run()).rows).toMatchObject({ repeated: 4, loaded: 0 });
  });

  test('a column with the name that we use within', async () => {
    await runs.source.query(
      `create table named (id int, at int, _hash text, _copy int); insert into named values (1, 7, 'h', 5)`,
    );
    const connection = connect('named');
    await connection.run();
    await runs.source.query(`insert into named values (2, 7, 'g', 6)`);
    expect((await connection.run()).rows).toMatchObject({ repeated: 1, loaded: 1 });
    await expectSame('named', 'id, at, _hash, _copy');
  });
});

describe('NULL cursors', () => {
  test('appending loads them once a lineage: those of the first read, and all again after a refresh', async () => {
    await runs.source.query(
      `create table nulls_once (id int, at int); insert into nulls_once values (1, null), (2, null), (3, 5)`,
    );
    const connection = connect('nulls_once');
    expect((await connection.run()).rows.loaded).toBe(3);
    await runs.source.query('insert into nulls_once values (4, null), (5, 6)');
    expect((await connection.run()).rows.loaded).toBe(1);
    await runs.source.query('update nulls_once set at = 7 where id = 4');
    expect((await connection.run()).rows.loaded).toBe(1);
    await connection.run({ refresh: ['public.nulls_once'] });
    await expectSame('nulls_once', 'id, at');
  });

  test.each(['int', 'numeric'])('merging reads them in every run (%s)', async (type) => {
    const table = `nulls_merged_${type}`;
    await runs.source.query(
      `create table ${table} (id int primary key, at ${type}, note text); insert into ${table} values (1, null, 'a'), (2, 5, 'b')`,
    );
    const connection = connect(table, merging);
    await connection.run();
    await runs.source.query(`update ${table} set note = 'changed' where at is null; insert into ${table} values (3, null, 'c')`);
    await connection.run();
    await expectSame(table, 'id, at, note');
    await connection.run();
    await expectSame(table, 'id, at, note');
  });

  test('of nothing else: read once, then there is a cursor without a value', async () => {
    await runs.source.query(`create table nulls_only (id int, at int); insert into nulls_only values (1, null)`);
    const connection = connect('nulls_only');
    expect((await connection.run()).rows.loaded).toBe(1);
    expect((await connection.run()).rows.loaded).toBe(0);
    await runs.source.query('insert into nulls_only values (2, 1), (3, null)');
    expect((await connection.run()).rows.loaded).toBe(1);
  });

  test('a filtered row with a NULL is no error', async () => {
    await runs.source.query(`create table nulls_apart (id int, at int); insert into nulls_apart values (1, null), (2, 5)`);
    const strict = { nullCursor: 'error' };
    expect((await failureOf(connect('nulls_apart', strict).run())).code).toBe('source.null_cursor');
    const filter = [{ field: 'id', is: '>', value: 1 }];
    expect((await connect('nulls_apart', { ...strict, filter }).run()).rows.loaded).toBe(1);
  });
});

describe('a cursor that is not what it was', () => {
  test.each([
    ['int', 'bigint', '5', '6'],
    ['int', 'numeric', '5', '5.5'],
    ['varchar(5)', 'text', `'a'`, `'bbbbbbbbbbb'`],
  ])('widened from %s to %s: goes on', async (from, to, low, high) => {
    const table = `widened_${from}_${to}`.replaceAll(/\W/g, '_');
    await runs.source.query(`create table ${table} (id int, at ${from}); insert into ${table} values (1, ${low})`);
    const connection = connect(table);
    await connection.run();
    await runs.source.query(`alter table ${table} alter at type ${to}; insert into ${table} values (2, ${low}), (3, ${high})`);
    expect((await connection.run()).rows).toMatchObject({ repeated: 1, loaded: 2 });
    expect((await connection.run()).rows).toMatchObject({ repeated: 1, loaded: 0 });
  });

  test.each([
    ['timestamp', 'timestamptz', `'2024-01-01'`],
    ['int', 'text', '5'],
    ['timestamptz', 'date', `'2024-01-01'`],
  ])('changed from %s to %s: appending stops, merging begins anew', async (from, to, value) => {
    const table = `changed_${from}_${to}`;
    await runs.source.query(`create table ${table} (id int primary key, at ${from}); insert into ${table} values (1, ${value})`);
    const [appending, merged] = [connect(table), connect(table, { ...merging, target: { table: `${table}_merged` } })];
    await appending.run();
    const { lineage } = (await merged.run()).place;
    await runs.source.query(`alter table ${table} alter at type ${to} using at::text::${to}`);
    expect(await failureOf(appending.run())).toEqual({ code: 'source.cursor_changed', message: expect.stringContaining('type') });
    // a target of the old type would stop it, and is not what this is about
    await runs.destination.query(`drop table ${table}_merged`);
    const again = await merged.run({ refresh: [`public.${table}`] });
    expect(again.place.lineage).toBeGreaterThan(lineage);
    await expectSame(table, 'id, at', `${table}_merged`);
  });

  test.each([
    ['int', '2147483648'],
    ['smallint', '99999999999999999999999'],
    ['numeric(5,2)', '123456789.125'],
    ['timestamptz', '2999-01-01 00:00:00+00'],
    ['timestamp', '2999-01-01 00:00:00'],
    ['date', '2999-01-01'],
    ['text', '~~~~'],
  ])('set by hand to a value far ahead: no rows, no failure (%s)', async (type, value) => {
    const table = `ahead_${type.replaceAll(/\W/g, '_')}`;
    const [old, kind] =
      type.includes('time') || type === 'date'
        ? [`'2024-01-01'`, type]
        : ['1', { text: 'string', 'numeric(5,2)': 'decimal' }[type] ?? 'int'];
    await runs.source.query(`create table ${table} (id int primary key, at ${type}); insert into ${table} values (1, ${old})`);
    for (const mode of [
      {},
      {
        ...merging,
        ...(type === 'text' ? {} : { lag: typeof kind === 'string' && (kind === 'int' || kind === 'decimal') ? 5 : '1h' }),
      },
    ]) {
      const connection = connect(table, { ...mode, target: { table: `${table}_${Object.keys(mode).length}` } });
      connection.feeds[`public.${table}`] = {
        ...{ lineage: 2, generation: 1, seq: 0 },
        position: { kind: 'cursor', cursor: { type: kind as 'int', field: 'at', value } },
      };
      const run = await connection.run();
      expect(run).toMatchObject({ rows: { loaded: 0 }, place: { position: { cursor: { value } } } });
    }
  });
});

describe('values that are hard to order or to keep', () => {
  test('text is ordered by bytes, in a database and a column of another collation', async () => {
    await runs.source
      .query(`create collation german (provider = icu, locale = 'de-u-kn-true'); create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table texts (id int, at text collate german, b text collate nocase)`);
    const words = ['Z', 'a', 'a10', 'a9', 'B', 'ä', 'zz', 'É', 'e', '', ' ', '~', '中', '\u{1F600}', '\uFF5E'].map(
      (word, id) => ({ word, id }),
    );
    const connections = [connect('texts'), connect('texts', { cursorField: 'b', target: { table: 'texts_b' } })];
    const inOrder = words.toSorted((a, b) => Buffer.compare(Buffer.from(a.word), Buffer.from(b.word)));
    for (const { word, id } of inOrder) {
      await runs.source.query('insert into texts values ($1, $2, $2)', [id, word]);
      for (const connection of connections)
        expect(await connection.run()).toMatchObject({ rows: { loaded: 1 }, place: { position: { cursor: { value: word } } } });
    }
    for (const target of ['texts', 'texts_b']) await expectSame('texts', 'id, at, b', target);
  });

  test.each([
    ['bigint', ['9007199254740992', '9007199254740993', '9223372036854775807']],
    ['numeric(40,0)', ['1234567890123456789012345678901234567890', '1234567890123456789012345678901234567891']],
    ['numeric', ['0.0000000000000000000000000000000000000001', '1.10', '9999999999999999999999999999999999999999.5', 'NaN']],
    ['timestamptz', ['2024-01-01 00:00:00.000001+00', '2024-01-01 00:00:00.000002+00']],
    ['timestamp', ['2024-03-31 02:30:00', '2024-10-27 01:59:59.999999', '2024-10-27 02:30:00', '2024-10-27 02:30:00.000001']],
    ['timestamptz', ['4713-01-01 00:00:00+00 BC', '0044-03-15 00:00:00+00 BC', '0001-01-01 00:00:00+00']],
    ['date', ['0044-03-15 BC', '2024-02-29']],
    ['uuid', ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff']],
    ['smallint', ['-32768', '-1', '32767']],
    ['text', ["'", '\\', '"', '\n']],
  ])('each value of %s in turn: %s', async (type, values) => {
    const table = `turn_${type.replaceAll(/\W/g, '_')}_${values.join('').length}`;
    await runs.source.query(`create table ${table} (id int, at ${type})`);
    const connection = connect(table);
    const inOrder = type === 'text' ? values.toSorted() : values;
    for (const [id, value] of inOrder.entries()) {
      await runs.source.query(`insert into ${table} values ($1, $2), ($1, $2)`, [id, value]);
      expect((await connection.run()).rows, value).toMatchObject({ repeated: id === 0 ? 0 : 2, loaded: 2 });
      expect((await connection.run()).rows, value).toMatchObject({ repeated: 2, loaded: 0 });
    }
    await expectSame(table, 'id, at');
  });
});
