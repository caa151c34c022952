import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openTrustedEngine } from '../platform/duckdb/engine.js';
import { atCursorSql, boundaryDigest, rowHashSql } from './boundary.js';

const FIELDS = [
  { name: 'id', column: 'id', stage: 'INTEGER' },
  { name: 'note', column: 'note', stage: 'VARCHAR' },
];

async function hashes(values: string): Promise<string[]> {
  await using engine = await openTrustedEngine({ tempDirectory: tmpdir() });
  const rows = await engine.rows(`select ${rowHashSql(FIELDS)} as h from (values ${values}) as t(id, note)`);
  return rows.map((row) => String(row['h']));
}

test('rows that could be mistaken for one another have different hashes', async () => {
  const all = await hashes(`(1, 'a'), (1, ''), (1, null), (11, 'a'), (1, '1:a'), (1, 'N'), (null, 'a')`);
  expect(new Set(all).size).toBe(all.length);
});

test('the hash of a row is frozen: cursors in ledgers depend on it', async () => {
  expect(await hashes(`(1, 'a')`)).toEqual([createHash('md5').update('1:1|1:a').digest('hex')]);
});

test('decimals as text are equal whatever their trailing zeros', async () => {
  await using engine = await openTrustedEngine({ tempDirectory: tmpdir() });
  const where = atCursorSql('v', 'VARCHAR', '1.10', true);
  const rows = await engine.rows(
    `select v from (values ('1.1'), ('1.10'), ('1.100'), ('11'), ('1.01'), ('110')) as t(v) where ${where}`,
  );
  expect(rows.map((row) => row['v'])).toEqual(['1.1', '1.10', '1.100']);
});

test('the digest says whether two sets are equal; an empty set has none', () => {
  const base = { algorithm: 'md5-v1', fields: FIELDS } as const;
  expect(boundaryDigest({ ...base, hashes: { a: 1, b: 2 } })).toBe(boundaryDigest({ ...base, hashes: { b: 2, a: 1 } }));
  expect(boundaryDigest({ ...base, hashes: { a: 1 } })).not.toBe(boundaryDigest({ ...base, hashes: { a: 2 } }));
  expect(boundaryDigest({ ...base, hashes: {} })).toBeUndefined();
});
