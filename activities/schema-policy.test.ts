import { expect, test } from 'vitest';
import { streamConfigSchema } from '../schema/connection-config.js';
import type { Field } from '../schema/types.js';
import type { SchemaVersion } from '../platform/db/stream-schemas.js';
import type { PlannedFeed } from './draft.js';
import { planFeed } from './plan.js';
import { decide } from './schema-policy.js';

const column = (name: string, type = 'integer'): Field => ({
  name,
  type: 'int32',
  nullable: true,
  native: { system: 'postgres', type },
});
const ID = column('id');
const [A, B] = [column('a'), column('b')];

function draft(fields: readonly Field[], config: object = {}): PlannedFeed {
  const stream = { name: 'public.t', fields, primaryKey: ['id'], cursorCandidates: [] };
  const parsed = streamConfigSchema.parse({ name: 'public.t', mode: 'incremental_deduped', cursorField: 'id', ...config });
  const ends = { source: {}, destination: {}, target: { schema: 'public', table: 't' } };
  return { feed: 'public.t', config: parsed, plan: planFeed(parsed, stream, ends) };
}

function version(number: number, fields: readonly Field[], accepted = true): SchemaVersion {
  return { stream: 'public.t', version: number, fields, primaryKey: ['id'], changes: [], accepted, run: number, seenAt: '' };
}

const fieldsOf = (decided: ReturnType<typeof decide>): unknown =>
  'plan' in decided.draft ? decided.draft.plan.fields.map(({ name }) => name) : decided.draft.error.code;

test('the first version is accepted, and the same again is not news', () => {
  expect(decide(draft([ID, A]), [], 1).next).toMatchObject({ version: 1, accepted: true, changes: [] });
  expect(decide(draft([ID, A]), [version(1, [ID, A])], 2).next).toBeUndefined();
});

test.each([
  ['evolve', ['id', 'a', 'b'], true],
  ['ignore_new', ['id', 'a'], false],
  ['quarantine', ['id', 'a', 'b'], false],
  ['stop', 'source.schema_changed', false],
])('%s: an added column', (schemaPolicy, expected, accepted) => {
  const decided = decide(draft([ID, A, B], { schemaPolicy }), [version(1, [ID, A])], 7);
  expect(fieldsOf(decided)).toEqual(expected);
  expect(decided.next).toMatchObject({ version: 2, accepted, run: 7, changes: [{ kind: 'added', field: 'b' }] });
});

test('a version that waits is recorded once, and obeyed once it is accepted', () => {
  const stops = draft([ID, A, B], { schemaPolicy: 'stop' });
  const waiting = version(2, [ID, A, B], false);
  expect(decide(stops, [version(1, [ID, A]), waiting], 3)).toMatchObject({ draft: { error: { code: 'source.schema_changed' } } });
  expect(decide(stops, [version(1, [ID, A]), waiting], 3).next).toBeUndefined();
  expect(fieldsOf(decide(stops, [version(1, [ID, A]), { ...waiting, accepted: true }], 4))).toEqual(['id', 'a', 'b']);
});

test('columns that are not selected may come, and a selection may change, without stopping anything', () => {
  const picky = { schemaPolicy: 'stop', columns: { include: ['a'] } };
  expect(fieldsOf(decide(draft([ID, A, B], picky), [version(1, [ID, A])], 2))).toEqual(['id', 'a']);
  const wider = { schemaPolicy: 'stop', columns: { include: ['a', 'b'] } };
  expect(fieldsOf(decide(draft([ID, A, B], wider), [version(1, [ID, A, B])], 2))).toEqual(['id', 'a', 'b']);
});

test('a key is only of interest to modes that have one', () => {
  const rekeyed = { ...version(1, [ID, A]), primaryKey: ['a'] };
  const stop = { schemaPolicy: 'stop' };
  expect(fieldsOf(decide(draft([ID, A], stop), [rekeyed], 2))).toBe('source.schema_changed');
  expect(fieldsOf(decide(draft([ID, A], { ...stop, mode: 'incremental_append' }), [rekeyed], 2))).toEqual(['id', 'a']);
});
