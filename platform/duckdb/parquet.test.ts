import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openTrustedEngine } from './engine.js';
import { parquetOptions } from './parquet.js';
import { quoteLiteral } from './quote.js';

let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parquet-'));
  engine = await openTrustedEngine({ tempDirectory: folder });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

test.each(['DOUBLE', 'FLOAT', 'DOUBLE[]', 'STRUCT(a DOUBLE)'])('-0 and 0 of %s stay what they are', async (type) => {
  const path = quoteLiteral(join(folder, `${type.replaceAll(/\W/g, '_')}.parquet`));
  const value = (text: string): string =>
    type.includes('[') ? `['${text}']` : type.includes('(') ? `{'a': '${text}'}` : `'${text}'`;
  const rows = `select case i % 3 when 0 then ${value('-0')}::${type} else ${value('0')}::${type} end as v, 'text' as t from range(90) as r(i)`;
  await engine.run(`copy (${rows}) to ${path} (${parquetOptions(['VARCHAR', type])})`);
  const counted = await engine.rows(`select count(*)::varchar as n from read_parquet(${path}) where v::varchar like '%-0%'`);
  expect(counted).toEqual([{ n: '30' }]);
});

test('files without such values keep their dictionaries', () => {
  expect(parquetOptions(['VARCHAR', 'DECIMAL(18,2)', 'BIGINT[]'])).not.toContain('dictionary');
});
