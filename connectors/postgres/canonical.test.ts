import { expect, test } from 'vitest';
import type { Field, LogicalType } from '../../schema/types.js';
import { canonicalText, canonicalTextAs } from './canonical.js';

const field = (type: string, logical: LogicalType, more: object = {}): Field => ({
  name: 'v',
  type: logical,
  nullable: true,
  native: { system: 'postgres', type, ...more },
});
const labels = { definition: { kind: 'enum', labels: ['a'] } };

test.each([
  ['text', 'v::text'],
  ['character(5)', 'textin(bpcharout(v))'],
  ['character varying(5)', 'v::text'],
  ['numeric(10,2)', 'v::text'],
])('%s prints as %s', (type, text) => expect(canonicalText('v', type)).toBe(text));

test.each([
  ['the same type', field('inet', 'opaque'), 'inet', 'v::text'],
  ['an enum, which has a name of its own there', field('public.mood', 'string', labels), 'dwh.mood', 'v::text'],
  ['a wider number', field('smallint', 'int16'), 'bigint', 'v::text::bigint::text'],
  ['another scale', field('numeric(6,2)', 'decimal(6,2)'), 'numeric(12,4)', 'v::text::numeric(12,4)::text'],
  ['a longer text', field('character varying(3)', 'string'), 'text', 'v::text'],
  ['text of a type that is not there', field('inet', 'opaque'), 'text', `case when v is not null then format('%s', v) end`],
  ['text with blanks at its end', field('character(5)', 'string'), 'text', `case when v is not null then format('%s', v) end`],
  ['text of a double, which DuckDB prints in its own way', field('double precision', 'float64'), 'text', undefined],
  ['something else', field('integer', 'int32'), 'date', undefined],
])('in a column of %s', (_, source, target, text) => expect(canonicalTextAs('v', source, target)).toBe(text));
