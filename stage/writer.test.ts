import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atCursorSql, boundaryTable, rowHashSql } from '../checkpoint/boundary.js';
import { stageRules } from '../connectors/postgres/types.js';
import type { FileEvent } from '../connectors/sdk/types.js';
import { type Engine, openTrustedEngine } from '../platform/duckdb/engine.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import type { Field } from '../schema/types.js';
import { rowsFile } from './rows.js';
import { type Stage, openStage } from './store.js';
import type { Taken } from './subtraction.js';
import { SliceWriter } from './writer.js';

let root: string;
let engine: Engine;
let stage: Stage;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-writer-'));
  engine = await openTrustedEngine({ tempDirectory: root });
  stage = openStage(pathToFileURL(root).href);
});
afterEach(async () => {
  await engine.close();
  await rm(root, { recursive: true, force: true });
});

const field = (name: string, type: Field['type'], native: string): Field => ({
  name,
  type,
  nullable: true,
  native: { system: 'postgres', type: native },
});

function writer(fields: readonly Field[], taken?: Taken): SliceWriter {
  return new SliceWriter({
    stage,
    engine,
    tempDir: root,
    folder: 'slice',
    stream: 'public.t',
    fields,
    signal: new AbortController().signal,
    taken,
  });
}

async function csv(name: string, fields: readonly Field[], lines: readonly string[], rows = lines.length): Promise<FileEvent> {
  const path = join(root, name);
  const text = `${fields.map((column) => column.name).join(',')}\n${lines.map((line) => `${line}\n`).join('')}`;
  await writeFile(path, text);
  const lineFeeds = text.split('\n').length - 1;
  return { kind: 'file', file: { format: 'csv', path, lineFeeds, columns: fields.map(stageRules) }, rows, bytes: text.length };
}

async function read(key: string, columns: string): Promise<Record<string, unknown>[]> {
  return engine.rows(`select ${columns} from read_parquet(${quoteLiteral(join(root, key))})`);
}

test('a value that its type cannot hold makes that column text in that segment, without another read of the source', async () => {
  const fields = [field('d', 'date', 'date'), field('n', 'decimal(5,2)', 'numeric(5,2)')];
  const slice = writer(fields);
  await slice.add(await csv('a.csv', fields, ['2024-01-01,1.10']));
  await slice.add(await csv('b.csv', fields, ['0044-03-15 BC,NaN']));
  const staged = slice.finish();
  expect(staged.columns.map((column) => column.stage)).toEqual(['DATE', 'DECIMAL(5,2)']);
  expect(staged.segments[0]?.stages).toBeUndefined();
  expect(staged.segments[1]?.stages).toEqual(['DATE', 'VARCHAR']);
  expect(await read(staged.segments[1]?.key ?? '', `d::varchar as d, n`)).toEqual([{ d: '0044-03-15 (BC)', n: 'NaN' }]);
});

test('values that span lines are never read in parallel, and come through', async () => {
  const fields = [field('id', 'int32', 'integer'), field('t', 'string', 'text')];
  const slice = writer(fields);
  await slice.add(await csv('a.csv', fields, ['1,"a\nb"', '2,"\r\n"', '3,""', '4,']));
  const [segment] = slice.finish().segments;
  expect(await read(segment?.key ?? '', 'id, t')).toEqual([
    { id: 1, t: 'a\nb' },
    { id: 2, t: '\r\n' },
    { id: 3, t: '' },
    { id: 4, t: null },
  ]);
});

test('I7: rows that the source counted and the stage does not have are an error', async () => {
  const fields = [field('id', 'int32', 'integer')];
  await expect(writer(fields).add(await csv('a.csv', fields, ['1', '2'], 3))).rejects.toMatchObject({
    code: 'load.count_mismatch',
  });
});

test('names that differ only in case have columns of their own', async () => {
  const fields = [field('A', 'int32', 'integer'), field('a', 'int32', 'integer')];
  const slice = writer(fields);
  await slice.add(await csv('a.csv', fields, ['1,2']));
  const { columns, segments } = slice.finish();
  expect(columns.map(({ name, column }) => [name, column])).toEqual([
    ['A', 'A'],
    ['a', 'a_2'],
  ]);
  expect(await read(segments[0]?.key ?? '', '"A", a_2')).toEqual([{ A: 1, a_2: 2 }]);
});

test('rows of objects are staged by their declared types, nothing through a float', async () => {
  const fields: Field[] = [
    { name: 'id', type: 'int64', nullable: false },
    { name: 'price', type: 'decimal(38,18)', nullable: true },
    { name: 'doc', type: 'json', nullable: true },
  ];
  const rows = [
    { id: 9007199254740993n, price: '1.000000000000000001', doc: { a: [1] } },
    { id: '2', price: null },
  ];
  const slice = writer(fields);
  await slice.add(await rowsFile({ kind: 'rows', rows }, fields, join(root, 'rows.jsonl')));
  const { segments, columns, extracted } = slice.finish();
  expect(columns.map((column) => column.stage)).toEqual(['BIGINT', 'DECIMAL(38,18)', 'JSON']);
  expect(extracted).toBe(2);
  expect(await read(segments[0]?.key ?? '', 'id, price, doc::varchar as doc')).toEqual([
    { id: '9007199254740993', price: '1.000000000000000001', doc: '{"a":[1]}' },
    { id: '2', price: null, doc: null },
  ]);
});

test('a file that only repeats stages nothing, and what it repeated counts against the next file', async () => {
  const fields = [field('id', 'int32', 'integer')];
  const hashed = [{ name: 'id', column: 'id', stage: 'INTEGER' }];
  const [five] = await engine.rows(`select ${rowHashSql(hashed)} as hash from (select 5::integer as id)`);
  const table = boundaryTable({ algorithm: 'md5-v1', fields: hashed, hashes: { [String(five?.['hash'])]: 2 } }, undefined);
  const slice = writer(fields, { fields: hashed, atCursor: atCursorSql('id', 'INTEGER', '5', false), table, rows: 2 });
  await slice.add(await csv('first.csv', fields, ['5']));
  expect(slice.finish()).toMatchObject({ extracted: 1, repeated: 1, staged: 0, segments: [], columns: [{ name: 'id' }] });
  await slice.add(await csv('second.csv', fields, ['5', '5', '6']));
  const { segments, ...counts } = slice.finish();
  expect(counts).toMatchObject({ extracted: 4, repeated: 2, staged: 2 });
  expect(await read(segments[0]?.key ?? '', 'id')).toEqual([{ id: 5 }, { id: 6 }]);
});
