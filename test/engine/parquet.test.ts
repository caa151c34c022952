import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { SECRET_KEY, WITHOUT_S3, hasS3Server } from '../support/s3-server.js';
import { LakeRuns, stream } from './support/lake-runs.js';
import { idsOf } from './support/lake-scene.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
if (!hasS3Server) process.stderr.write(`Skipping what needs a bucket: ${WITHOUT_S3}.\n`);

/** So that a few rows make several slices. */
const SLICE_BYTES = 20_000;
const ROWS = `generate_series(1, 2000)`;

const MORE_NAMES = ['..', '_millrace', '.hidden', 'year=2026', 'st*r', 'Case', "it's", 'x'.repeat(60)];

for (const [name, kind, isThere] of [
  ['a folder', 'file', true],
  ['a bucket', 's3', hasS3Server],
] as const) {
  describe.skipIf(!isThere)(`in ${name}`, () => {
    let runs: LakeRuns;
    beforeAll(async () => {
      runs = await LakeRuns.start(kind, { sliceBytes: SLICE_BYTES });
    });
    afterAll(() => runs[Symbol.asyncDispose]());

    const create = (table: string): Promise<unknown> =>
      runs.millrace.source.query(`create table ${table} (id int primary key, note text, at timestamptz not null default now());
        insert into ${table} select n, md5(n::text), timestamptz '2026-01-01' + n * interval '1 s' from ${ROWS} as n`);
    const add = (table: string, from: number, to: number): Promise<unknown> =>
      runs.millrace.source.query(
        `insert into ${table} select n, md5(n::text), timestamptz '2026-01-01' + n * interval '1 s' from generate_series(${from}, ${to}) as n`,
      );
    const target = (table: string) => ({ schema: 'public', table });
    const numbers = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);

    test('incremental_append adds what is new, and a refresh replaces all of it', async () => {
      await create('events');
      const id = await runs.connect([stream('events', 'incremental_append', { cursorField: 'at' })]);
      const first = await runs.sync(id);
      expect(first.streams[0]?.rows).toMatchObject({ loaded: 2000 });
      expect((await runs.lake.files(target('events'))).length).toBeGreaterThan(1);
      await add('events', 2001, 2500);
      expect((await runs.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 500 });
      expect((await runs.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 0 });
      expect(idsOf(await runs.lake.rows(target('events')))).toEqual(numbers(2500));
      await runs.millrace.source.query(`delete from events where id <= 2400`);
      const refreshed = await runs.sync(id, { refresh: ['public.events'] });
      expect(refreshed.streams[0]?.rows).toMatchObject({ loaded: 100 });
      expect(idsOf(await runs.lake.rows(target('events')))).toEqual(numbers(2500, 2401));
      expect(idsOf(await runs.lake.listedRows(target('events')))).toEqual(numbers(2500, 2401));
    });

    test('full_refresh_overwrite holds the newest read, full_refresh_append all of them, each told by its run', async () => {
      await create('stock');
      const overwrite = await runs.connect([stream('stock', 'full_refresh_overwrite')]);
      const append = await runs.connect([
        stream('stock', 'full_refresh_append', { target: { schema: 'history', table: 'stock' } }),
      ]);
      for (const id of [overwrite, append]) await runs.sync(id);
      await runs.millrace.source.query(`delete from stock where id > 100`);
      for (const id of [overwrite, append]) await runs.sync(id);
      expect(idsOf(await runs.lake.rows(target('stock')))).toEqual(numbers(100));
      const snapshots = await runs.lake.rows({ schema: 'history', table: 'stock' });
      expect(snapshots).toHaveLength(2100);
      expect(idsOf(snapshots.filter(({ _millrace_run: run }) => run === '2'))).toEqual(numbers(100));
      await runs.millrace.source.query(`truncate stock`);
      await runs.sync(overwrite);
      expect(await runs.lake.rows(target('stock'))).toEqual([]);
      expect(await runs.lake.files(target('stock'))).toHaveLength(1);
    });

    test('I6: a column that comes and a type that changes are told, and files keep their own columns', async () => {
      await create('growing');
      const id = await runs.connect([stream('growing', 'incremental_append', { cursorField: 'at' })]);
      await runs.sync(id);
      await runs.millrace.source.query(
        `alter table growing add column price numeric(10,2) default 1.5, alter column note type varchar(40)`,
      );
      await add('growing', 2001, 2002);
      const run = await runs.sync(id);
      expect(run.streams[0]?.notes?.join('\n')).toContain('added column price DECIMAL(10,2)');
      const rows = await runs.lake.rows(target('growing'));
      expect(rows.filter(({ price }) => price !== null).map(({ id: key, price }) => [key, price])).toEqual([
        ['2001', '1.50'],
        ['2002', '1.50'],
      ]);
      await runs.millrace.source.query(`alter table growing alter column price type numeric`);
      await runs.millrace.source.query(`insert into growing (id, at, price) values (2003, now(), 'NaN')`);
      const changed = await runs.sync(id);
      expect(changed.streams[0]?.notes?.join('\n')).toContain('column price was DECIMAL(10,2) and is VARCHAR in new files');
      const held = await runs.lake.rows(target('growing'));
      expect(held.filter(({ price }) => price !== null).map(({ price }) => price)).toEqual(['1.50', '1.50', 'NaN']);
    });

    test('names stay below the root, and meet no other', async () => {
      const names = ['../../etc', 'a/b', 'a%2Fb', 'naïve ✓ 漢', ...(kind === 's3' ? [] : MORE_NAMES)];
      await runs.millrace.source.query(`create table named (id int primary key); insert into named values (1)`);
      for (const schema of names) {
        const table = schema === '_millrace' ? '_manifests' : schema;
        await runs.sync(await runs.connect([stream('named', 'full_refresh_overwrite', { target: { schema, table } })]));
        expect(idsOf(await runs.lake.rows({ schema, table })), schema).toEqual([1]);
      }
      expect(await readdir(join(runs.lake.root, '..'))).not.toContain('etc');
      const others = new Set(['_millrace', 'public', 'history']);
      const folders = (await readdir(runs.lake.root)).filter((folder) => !folder.startsWith('.') && !others.has(folder));
      expect(folders).toHaveLength(names.length);
      const other = await runs.ask([stream('named', 'full_refresh_overwrite', { target: { schema: 'a/b', table: 'a/b' } })]);
      const run = await runs.millrace.sync(other.body.id);
      expect(run.streams[0]?.error?.code).toBe('load.target_owned');
    });

    test('a table that somebody removed is told, and read anew where that is wanted', async () => {
      await create('removed');
      const id = await runs.connect([stream('removed', 'incremental_append', { cursorField: 'at' })]);
      await runs.sync(id);
      await runs.lake.drop(target('removed'));
      await add('removed', 2001, 2002);
      expect((await runs.millrace.sync(id)).streams[0]?.error?.code).toBe('load.target_missing');
      expect(await runs.lake.files(target('removed'))).toEqual([]);
      await runs.sync(id, { refresh: ['public.removed'] });
      expect(idsOf(await runs.lake.listedRows(target('removed')))).toEqual(numbers(2002));
    });

    test('the plan of a run tells that nothing is there, and then what a run would do', async () => {
      await create('planned');
      const id = await runs.connect([stream('planned', 'full_refresh_overwrite')]);
      const before = (await runs.millrace.call('POST', `/v1/connections/${id}/plan`, {})).body;
      expect(before.streams[0]).toMatchObject({ error: null });
      await runs.sync(id);
      const after = (await runs.millrace.call('POST', `/v1/connections/${id}/plan`, {})).body;
      expect(after.streams[0]).toMatchObject({ error: null, publish: 'swap' });
    });

    test('I12: no secret stands in an answer, log or file', async () => {
      const { body } = await runs.millrace.call('GET', '/v1/destinations');
      const metadata = await runs.millrace.metadata.query(`select row_to_json(l)::text from run_logs l`);
      const files = await runs.lake.texts();
      for (const text of [JSON.stringify(body), JSON.stringify(metadata), ...files]) expect(text).not.toContain(SECRET_KEY);
      expect(files.length).toBeGreaterThan(10);
    });
  });
}

describe('what files cannot hold is refused when it is asked for', () => {
  let runs: LakeRuns;
  beforeAll(async () => {
    runs = await LakeRuns.start('file');
    await runs.millrace.source.query(`create table t (id int primary key); insert into t values (1)`);
  });
  afterAll(() => runs[Symbol.asyncDispose]());

  test.each([
    ['incremental_deduped', { cursorField: 'id' }],
    ['mirror', {}],
    ['scd2', {}],
  ] as const)('mode %s', async (mode, extra) => {
    const { status, body } = await runs.ask([stream('t', mode, { primaryKey: ['id'], ...extra })]);
    expect({ status, code: body.code, errors: body.errors }).toMatchObject({
      status: 422,
      code: 'connection.invalid',
      errors: [{ path: 'streams[0].mode', code: 'not_supported', suggestion: expect.stringContaining('incremental_append') }],
    });
  });

  test('schemaPolicy quarantine', async () => {
    const { body } = await runs.ask([stream('t', 'full_refresh_overwrite', { schemaPolicy: 'quarantine' })]);
    expect(body.errors).toMatchObject([{ path: 'streams[0].schemaPolicy', code: 'not_supported' }]);
  });

  test('a backfill of a window', async () => {
    const id = await runs.connect([stream('t', 'incremental_append', { cursorField: 'id' })]);
    await runs.sync(id);
    const run = await runs.millrace.sync(id, { backfill: { from: '1', to: '2' } });
    expect(run.streams[0]?.error ?? run.error).toMatchObject({
      code: 'backfill.not_possible',
      message: expect.stringContaining('window'),
    });
  });

  test('what the connector takes is told', async () => {
    const { body } = await runs.millrace.call('GET', '/v1/connectors/parquet');
    expect(body).toMatchObject({
      modes: ['full_refresh_overwrite', 'full_refresh_append', 'incremental_append'],
      refuses: ['window', 'quarantine'],
    });
  });
});
