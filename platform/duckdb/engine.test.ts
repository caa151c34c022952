import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTrustedEngine } from './engine.js';
import { failureKindOf } from './failure.js';
import { quoteIdentifier, quoteLiteral } from './quote.js';

const ENDLESS = 'select count(*) from range(1000000) a, range(10000000) b';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-engine-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('copy tells how many rows it wrote', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const file = quoteLiteral(join(folder, "it's.parquet"));
  expect(await engine.run(`copy (select * from range(12345)) to ${file} (format parquet, compression zstd)`)).toEqual({
    rowsChanged: 12345,
  });
  expect(await engine.rows(`select count(*)::int as n from ${file}`)).toEqual([{ n: 12345 }]);
});

test('exact values leave as text, whatever connection answers', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const sql = `select 9007199254740993::bigint as b, 1.10::decimal(5,2) as d, timestamptz '2024-01-01 00:00:00.000001+00' as t, current_setting('timezone') as zone`;
  const answers = await Promise.all([engine.rows(sql), engine.rows(sql), engine.rows(sql)]);
  for (const answer of answers) {
    expect(answer).toEqual([{ b: '9007199254740993', d: '1.10', t: '2024-01-01 00:00:00.000001+00', zone: 'UTC' }]);
  }
});

test('statements see the same tables; parameters are values, never SQL', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  await engine.run(`create table ${quoteIdentifier('a "b"')} (v varchar)`);
  expect(await engine.run(`insert into ${quoteIdentifier('a "b"')} values (?), (?)`, ["x'; drop table t", null])).toEqual({
    rowsChanged: 2,
  });
  expect(await engine.rows(`select v from "a ""b""" where v is not null`)).toEqual([{ v: "x'; drop table t" }]);
});

test('a cancelled statement ends with the reason of the signal, and the engine goes on', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const reason = new Error('cancelled by the user');
  const controller = new AbortController();
  const running = engine.run(ENDLESS, [], controller.signal);
  setTimeout(() => controller.abort(reason), 30);
  await expect(running).rejects.toBe(reason);
  expect(await engine.rows('select 1 as one')).toEqual([{ one: 1 }]);
});

test('a cancelled statement that waits for a slot never runs', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const controllers = [new AbortController(), new AbortController(), new AbortController()];
  const running = controllers.map((controller) => engine.run(ENDLESS, [], controller.signal).catch((error: Error) => error.name));
  controllers[2]?.abort();
  expect(await running[2]).toBe('AbortError');
  controllers.forEach((controller) => controller.abort());
  expect(await Promise.all(running)).toEqual(['AbortError', 'AbortError', 'AbortError']);
});

test.each([
  [`select 'x'::int`, 'conversion', 'engine.internal'],
  [`selec 1`, 'parser', 'engine.internal'],
  [`select * from '/nowhere.parquet'`, 'io', 'engine.internal'],
  [`select nothing`, 'binder', 'engine.internal'],
])('%s fails as %s', async (sql, kind, code) => {
  await using engine = await openTrustedEngine({ tempDirectory: folder });
  const error: unknown = await engine.run(sql).catch((thrown: unknown) => thrown);
  expect(failureKindOf(error)).toBe(kind);
  expect(error).toMatchObject({ code });
});

test('a full temp folder is the stage being full', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: folder, memoryLimit: '40MB', maxTempSize: '10MB' });
  const error: unknown = await engine
    .run('create table t as select i, md5(i::varchar) as h from range(5000000) r(i) order by h')
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'stage.full', recovery: 'retry' });
});

test('what was spilled is removed on close', async () => {
  const engine = await openTrustedEngine({ tempDirectory: folder, memoryLimit: '60MB' });
  await engine.run('create table t as select i, md5(i::varchar) as h from range(2000000) r(i)');
  await engine.close();
  expect(await readdir(folder)).toEqual([]);
});
