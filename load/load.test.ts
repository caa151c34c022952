import { expect, test } from 'vitest';
import { dialect } from '../connectors/destinations/postgres/dialect.js';
import { planEvolution } from './evolve.js';
import { planHistory } from './history.js';
import { planLoad } from './index.js';
import { planMirror } from './mirror.js';
import { type LoadShape, systemColumns } from './plan.js';

const SHAPE: LoadShape = {
  target: { schema: 'sales', table: 'orders' },
  columns: [
    { name: 'region', type: 'text' },
    { name: 'Id', type: 'bigint' },
    { name: 'updated_at', type: 'timestamp with time zone' },
    { name: 'select', type: 'numeric(10,2)' },
  ],
  primaryKey: ['region', 'Id'],
  cursor: { name: 'updated_at', type: 'timestamp with time zone' },
  whole: false,
  uniqueKey: false,
  dedup: 'newest_wins',
  notesChanges: true,
  run: 42,
  extractedAt: '2026-01-02T03:04:05.678Z',
  asOf: '2026-01-02T03:04:05.000001Z',
};
const SHADOW = { schema: '_millrace', table: 'shadow_1' };

test.each([
  ['full_refresh_overwrite', { ...SHAPE, target: SHADOW, whole: true }, 'full_refresh_overwrite'],
  ['incremental_append', SHAPE, 'incremental_append'],
  ['incremental_deduped', SHAPE, 'incremental_deduped-newest_wins-updated_at'],
  ['incremental_deduped', { ...SHAPE, uniqueKey: true }, 'incremental_deduped-unique_key'],
  ['incremental_deduped', { ...SHAPE, dedup: 'last_load_wins' }, 'incremental_deduped-last_load_wins-updated_at'],
  ['incremental_deduped', { ...SHAPE, cursor: { name: 'region', type: 'text' } }, 'incremental_deduped-newest_wins-region'],
  ['mirror', { ...SHAPE, target: SHADOW, whole: true, uniqueKey: true }, 'mirror-slice-unique_key'],
  ['mirror', { ...SHAPE, target: SHADOW, whole: true, dedup: 'last_load_wins' }, 'mirror-slice'],
  ['scd2', SHAPE, 'scd2-slice-by-cursor'],
] as const)('%s as SQL for Postgres: %#', async (mode, shape, name) => {
  const plan = planLoad(mode, shape, dialect);
  const merge = [...plan.supersede, ...plan.retire, ...(plan.merge ? [plan.merge] : [])];
  const text = [
    `-- copy into the ${plan.into}`,
    ...plan.before.map((statement) => `${statement};`),
    `copy ${plan.relation} (${plan.copyColumns.map(dialect.identifier).join(', ')});`,
    ...merge.map((statement) => `${statement};`),
  ].join('\n');
  await expect(`${text}\n`).toMatchFileSnapshot(`../test/golden/postgres-${name}.sql`);
});

const PUBLICATION = {
  ...SHAPE,
  complete: true,
  shadow: SHADOW,
  columns: [...SHAPE.columns, { name: 'doc', type: 'json' }],
  system: systemColumns(SHAPE),
} as const;

test.each([
  ['mirror-hard', planMirror({ ...PUBLICATION, deletes: 'hard', marked: false }, dialect)],
  ['mirror-soft', planMirror({ ...PUBLICATION, deletes: 'soft', marked: true }, dialect)],
  ['mirror-incomplete', planMirror({ ...PUBLICATION, complete: false, deletes: 'hard', marked: false }, dialect)],
  ['scd2-incomplete', planHistory({ ...PUBLICATION, complete: false, deletes: 'hard', marked: false }, dialect)],
  ['scd2-publish', planHistory({ ...PUBLICATION, deletes: 'hard', marked: false }, dialect)],
] as const)('publishing as SQL for Postgres: %s', async (name, steps) => {
  const text = steps.map(({ effect, sql }) => `-- ${effect}\n${sql};\n`).join('');
  await expect(text).toMatchFileSnapshot(`../test/golden/postgres-${name}.sql`);
});

test('a mirror of nothing but its key has nothing to update', () => {
  const key = SHAPE.columns.filter(({ name }) => SHAPE.primaryKey.includes(name));
  const steps = planMirror({ ...PUBLICATION, columns: key, deletes: 'hard', marked: false }, dialect);
  expect(steps.find(({ effect }) => effect === 'updated')?.sql).toContain('and false');
});

test('evolution adds and widens, never narrows and never drops', () => {
  const existing = [
    { name: 'a', type: 'integer' },
    { name: 'b', type: 'numeric(10,2)' },
    { name: 'c', type: 'character varying(20)' },
    { name: 'd', type: 'bigint' },
    { name: 'e', type: 'text' },
    { name: 'gone', type: 'date' },
    { name: 'f', type: 'date' },
  ];
  const wanted = [
    { name: 'a', type: 'bigint' },
    { name: 'b', type: 'numeric(12,2)' },
    { name: 'c', type: 'character varying(10)' },
    { name: 'd', type: 'smallint' },
    { name: 'e', type: 'uuid' },
    { name: 'f', type: 'boolean' },
    { name: 'new', type: 'jsonb' },
  ];
  expect(planEvolution(existing, wanted)).toEqual({
    add: [{ name: 'new', type: 'jsonb' }],
    widen: [
      { name: 'a', from: 'integer', to: 'bigint' },
      { name: 'b', from: 'numeric(10,2)', to: 'numeric(12,2)' },
    ],
    conflicts: [{ name: 'f', has: 'date', needs: 'boolean' }],
  });
});

test.each([
  ['numeric(10,2)', 'numeric(10,4)', 'conflict'],
  ['numeric', 'numeric(50,3)', 'fits'],
  ['character varying(5)', 'character varying', 'widen'],
  ['character varying', 'text', 'widen'],
  ['real', 'double precision', 'widen'],
  ['bigint', 'double precision', 'conflict'],
])('a column of %s that needs %s: %s', (has, needs, outcome) => {
  const evolution = planEvolution([{ name: 'c', type: has }], [{ name: 'c', type: needs }]);
  const found = evolution.conflicts.length > 0 ? 'conflict' : evolution.widen.length > 0 ? 'widen' : 'fits';
  expect(found).toBe(outcome);
});
