import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadExpression } from '../../connectors/postgres/types.js';
import { LakeRuns, stream } from './support/lake-runs.js';
import { NASTY_ROWS, createNastyTable, expectIdentical } from './support/nasty-table.js';

let runs: LakeRuns;
let columns: readonly string[];

beforeAll(async () => {
  runs = await LakeRuns.start('file');
  await createNastyTable(runs.millrace.source);
  const rows = await runs.millrace.source.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'everything'::regclass and attnum > 0 order by attnum`,
  );
  columns = rows.map(({ name }) => name);
});
afterAll(() => runs[Symbol.asyncDispose]());

test.each([
  ['full_refresh_overwrite', {}],
  ['full_refresh_append', {}],
  ['incremental_append', { cursorField: 'id' }],
  ['full_refresh_overwrite', { sql: 'select * from input', target: { table: 'through_sql' } }],
] as const)('a server finds the value of every type in files of %s %o', async (mode, extra) => {
  const table = 'target' in extra ? extra.target.table : mode;
  await runs.sync(await runs.connect([stream('everything', mode, { target: { table }, ...extra })]));
  const target = { schema: 'public', table };
  expect(await runs.lake.rows(target)).toHaveLength(NASTY_ROWS);
  await runs.millrace.destination.query(`drop schema public cascade; create schema public`);
  await createNastyTable(runs.millrace.destination);
  await runs.millrace.destination.query(`truncate everything`);
  await copyInto(await runs.lake.toCsv(target, columns, loadExpression));
  await expectIdentical(runs.millrace, { table: 'everything' });
});

async function copyInto(path: string): Promise<void> {
  const client = new pg.Client({ connectionString: runs.millrace.destination.url });
  await client.connect();
  try {
    await pipeline(createReadStream(path), client.query(copyFrom('copy everything from stdin (format csv)')));
  } finally {
    await client.end();
  }
}
