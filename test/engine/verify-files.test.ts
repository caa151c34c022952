import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTrustedEngine } from '../../platform/duckdb/engine.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { tempHome } from '../support/temp-home.js';
import { NOTHING, VerifyScene, verificationOf } from './support/verify-scene.js';

/** Files against Postgres: both become Parquet, and DuckDB compares. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace();
  scene = new VerifyScene(millrace);
});
afterAll(() => millrace[Symbol.asyncDispose]());

test.each(['csv', 'parquet', 'jsonl'])('files (%s) against Postgres', async (format) => {
  await using home = await tempHome(`verify-${format}`);
  await writeExports(home.path, format);
  const { call, destination } = millrace;
  const config = { root: pathToFileURL(home.path).href, streams: [{ name: 'exports', path: `*.${format}`, format }] };
  const from = await call('POST', '/v1/sources', { name: `files-${format}`, connector: 'files', config });
  const to = await call('POST', '/v1/destinations', {
    name: `to-${format}`,
    connector: 'postgres',
    config: { url: destination.url },
  });
  const streams = [
    { name: 'exports', mode: 'full_refresh_overwrite', primaryKey: ['id'], target: { table: `whole_${format}` }, verify: 'hash' },
  ];
  const body = { name: `files-${format}`, sourceId: from.body.id, destinationId: to.body.id, streams };
  const { id } = (await call('POST', '/v1/connections', body)).body;
  const run = await millrace.sync(id);
  expect(verificationOf(run), JSON.stringify(run)).toMatchObject({ matched: true, scope: 'run', rows: { source: 4, target: 4 } });
  expect(await scene.verify(id)).toMatchObject({ matched: true, by: 'duckdb', rows: { source: 4, target: 4 } });
  expect(await scene.verify(id, { method: 'count' })).toMatchObject({ matched: true });
  await destination.query(`update whole_${format} set note = null where id = 2; delete from whole_${format} where id = 3`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1, different: 1 } });
  expect(found.sample).toEqual(
    expect.arrayContaining([
      { kind: 'different', key: ['2'], columns: ['note'] },
      { kind: 'missing_in_target', key: ['3'] },
    ]),
  );
});

/** Two files, old enough that nobody writes to them. */
async function writeExports(folder: string, format: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const rows = [`(1, 0.1::double, 'a', timestamp '2024-01-01 00:00:00.000001')`, `(2, '-0'::double, '', null)`];
  const more = [`(3, 1e300::double, 'c', null)`, `(4, null, null, timestamp '2024-01-02')`];
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const options = { csv: 'format csv, header true', parquet: 'format parquet', jsonl: 'format json' }[format];
  for (const [index, values] of [rows, more].entries()) {
    const path = join(folder, `${index}.${format}`);
    await engine.run(`copy (select * from (values ${values.join(', ')}) t(id, amount, note, seen)) to '${path}' (${options})`);
    await utimes(path, 1_700_000_000, 1_700_000_000);
  }
}

test('files that are appended: what came later is left to the next run', async () => {
  await using home = await tempHome('verify-append');
  const { call, destination } = millrace;
  const config = {
    root: pathToFileURL(home.path).href,
    streams: [{ name: 'days', path: '*.csv', format: 'csv' }],
    changedBy: 'modification',
  };
  const write = async (day: number, text: string) => {
    const path = join(home.path, `${day}.csv`);
    await writeFile(path, text);
    await utimes(path, 1_700_000_000 + day, 1_700_000_000 + day);
  };
  await write(1, 'id,v\n1,a\n2,b\n');
  await write(2, 'id,v\n3,c\n');
  const from = await call('POST', '/v1/sources', { name: 'days', connector: 'files', config });
  const to = await call('POST', '/v1/destinations', { name: 'to-days', connector: 'postgres', config: { url: destination.url } });
  const streams = [{ name: 'days', mode: 'incremental_append' }];
  const made = await call('POST', '/v1/connections', {
    name: 'days',
    sourceId: from.body.id,
    destinationId: to.body.id,
    streams,
  });
  const id = made.body.id as string;
  await millrace.sync(id);
  await write(3, 'id,v\n4,d\n');
  expect(await scene.verify(id)).toMatchObject({ matched: true, by: 'duckdb', rows: { source: 3, target: 3 } });
  await destination.query(`delete from days where v = 'b'`);
  expect(await scene.verify(id)).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1 } });
  await rm(join(home.path, '3.csv'));
});
