import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { contentHash } from '../support/millrace.js';

const SLICE_BYTES = 400_000;
const ROWS = 100_000;

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns({ sliceBytes: SLICE_BYTES });
});
afterAll(() => runs[Symbol.asyncDispose]());

const KEYS = {
  'of one column': { columns: 'id int primary key', values: 'i' },
  'of two columns': { columns: 'id int, part int, primary key (id, part)', values: 'i / 4, i % 4' },
  'whose first column is always the same': { columns: 'tenant int, id int, primary key (tenant, id)', values: '7, i' },
};

const AS_THEY_ARE = { growth: 1.25, small: 8 };
const WITH_SQL = { growth: 1.5, small: 6, sql: 'select * from input' };

test.each([
  ['of one column', AS_THEY_ARE],
  ['of one column', WITH_SQL],
  ['of two columns', AS_THEY_ARE],
  ['whose first column is always the same', AS_THEY_ARE],
] as const)(
  'slices by a key %s begin small, and end small where that can be told: %j',
  async (name, { growth, small, ...rest }) => {
    const key = KEYS[name];
    const table = `${name}_${growth}`.replaceAll(/[ .]/g, '_');
    await runs.source.query(`create table ${table} (${key.columns});
    insert into ${table} select ${key.values} from generate_series(1, ${ROWS}) i; analyze ${table}`);
    const connection = runs.connect([{ name: `public.${table}`, mode: 'full_refresh_overwrite', ...rest }]);
    await connection.run();
    const loaded = await runs.destination.query<{ rows: number }>(
      'select loaded::int as rows from _millrace.ledger where connection = $1 order by seq',
      [connection.id],
    );
    const sizes = loaded.map(({ rows }) => rows);
    const whole = Math.max(...sizes);
    sizes.slice(0, 4).forEach((rows, index) => expect(rows / whole).toBeCloseTo(growth ** index / 4, 2));
    expect(sizes.reduce((sum, rows) => sum + rows)).toBe(ROWS);
    if (name !== 'whose first column is always the same') expect(sizes.at(-1)).toBeLessThanOrEqual(0.3 * whole);
    expect(sizes.length).toBeLessThan(ROWS / whole + small);
    const columns = key.columns.includes('part') ? 'id, part' : 'id';
    expect(await contentHash(runs.destination, table, columns)).toEqual(await contentHash(runs.source, table, columns));
  },
);
