import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endOf } from './end.js';
import { fileStream } from './file-stream.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-end-'));
  for (const name of ['orders.csv', 'warehouse']) writeFileSync(join(folder, name), 'a\n1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const URL = 'postgresql://u:p@h/d';

test.each([
  ['a URL', URL, { kind: 'new', connector: 'postgres', config: { url: URL } }],
  ['the older scheme', 'postgres://h/d', { kind: 'new', connector: 'postgres', config: { url: 'postgres://h/d' } }],
  ['a URL of MySQL', 'mysql://h/d', { kind: 'new', connector: 'mysql', config: { url: 'mysql://h/d' } }],
  ['a variable that holds a URL', 'env:CRM', { kind: 'new', connector: 'postgres', config: { url: URL } }],
  ['a name', 'warehouse', { kind: 'named', name: 'warehouse' }],
  ['an id', 'dst_01m8ga8j5ek2cxfrsdh487jz78', { kind: 'named', name: 'dst_01m8ga8j5ek2cxfrsdh487jz78' }],
])('%s is understood', (_what, typed, end) => {
  expect(endOf(typed, { CRM: URL })).toEqual(end);
});

test('a file here is handed over; one of the workers is read where it is', () => {
  expect(endOf(join(folder, 'orders.csv'), {})).toEqual({
    kind: 'upload',
    path: join(folder, 'orders.csv'),
    name: 'orders.csv',
    stream: { name: 'orders', path: 'orders.csv', format: 'csv' },
  });
  expect(endOf('file:///data/2026/orders-*.csv.gz', {})).toMatchObject({
    connector: 'files',
    config: { root: 'file:///data/2026', streams: [{ name: 'orders', path: 'orders-*.csv.gz', format: 'csv' }] },
    stream: 'orders',
  });
  expect(endOf('-', {}, { format: 'jsonl' })).toMatchObject({ kind: 'upload', path: undefined, name: 'stdin.jsonl' });
});

test('a variable does not name another one, and what it holds is in no message', () => {
  expect(() => endOf('env:A', { A: 'env:B', B: URL })).toThrow('B is not set');
  expect(() => endOf('env:A', { A: 'oracle://u:hunter2@h/d' })).toThrow(/^(?!.*hunter2).*no connector for oracle/s);
});

test.each([
  ['orders.csv', {}, 'orders.csv', { name: 'orders', format: 'csv' }],
  ['Daily Visits (1).JSONL.gz', {}, 'Daily_Visits_1.jsonl.gz', { name: 'Daily_Visits_1', format: 'jsonl' }],
  ['export.ndjson.zst', {}, 'export.jsonl.zst', { name: 'export', format: 'jsonl' }],
  ['2026.01.31.parquet', {}, '2026_01_31.parquet', { name: '2026_01_31', format: 'parquet' }],
  ['données.csv', {}, 'donn_es.csv', { name: 'donn_es', format: 'csv' }],
  ['dump', { format: 'tsv' }, 'dump.tsv', { name: 'dump', format: 'tsv' }],
  ['x.csv', { delimiter: '\\t', header: false }, 'x.csv', { name: 'x', format: 'csv', csv: { delimiter: '\t', header: false } }],
])('%s is named so that a files source can read it', (file, options, name, stream) => {
  const found = fileStream(file, options);
  expect(found.name).toBe(name);
  expect(found.stream).toEqual({ ...stream, path: name });
});

test.each([
  ['dump', {}, 'does not tell its format'],
  ['x.csv', { format: 'xml' }, 'There is no format xml'],
])('%s without a known format is refused', (file, options, said) => {
  expect(() => fileStream(file, options)).toThrow(said);
});
