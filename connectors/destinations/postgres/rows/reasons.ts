import { literal } from '../../../postgres/sql.js';
import { NEW_COLUMN, WOULD_CHANGE } from './states.js';
import type { CarefulField } from './careful-fields.js';

/** What people are told of a field whose value was refused: never the value itself. */
export const FIELD_LABELS = 'field, field_name, invalid, out_of_range, too_long';

/** One row of the table `_millrace_field`. */
export function labelsOf({ index, name, baseType }: CarefulField): string {
  const [, kind, length] = /^(character varying|character|bit|bit varying)\((\d+)\)$/.exec(baseType) ?? [];
  const unit = kind?.startsWith('bit') ? 'bits' : 'characters';
  const tooLong = length === undefined ? `too long for ${baseType}` : `longer than ${length} ${unit}`;
  const labels = [name, `not a valid ${baseType}`, `out of range for ${baseType}`, tooLong];
  return `(${index}, ${labels.map((label) => `${literal(label)}::text`).join(', ')})`;
}

/** SQLSTATE → code and reason of a finding `f`, with the labels of its field `l`. */
const CODES: readonly (readonly [states: string, code: string, reason: string])[] = [
  ['22021', 'nul_character', `'holds a NUL character'`],
  ['23502', 'null_value', `'NULL where the target takes none'`],
  ['22001, 22026', 'too_long', `coalesce(l.too_long, 'too long')`],
  ['22003, 22008, 22015', 'out_of_range', `coalesce(l.out_of_range, 'out of range')`],
  ['23514', 'check', `coalesce('violates the check ' || f.rule, 'violates a check of its type')`],
  ['23503', 'foreign_key', `'violates the foreign key ' || coalesce(f.rule, 'of the target')`],
  ['23505', 'unique', `'another row has the same values in ' || coalesce(f.rule, 'of the target')`],
  [NEW_COLUMN, 'new_column', `'a value in a column that is not accepted yet'`],
  [WOULD_CHANGE, 'would_change', `'would be changed by the type that is accepted'`],
  ['23P01', 'exclusion', `'violates the exclusion constraint ' || coalesce(f.rule, 'of the target')`],
];

const choose = (value: (entry: (typeof CODES)[number]) => string, otherwise: string): string =>
  `case ${CODES.map((entry) => `when f.state = any('{${entry[0]}}') then ${value(entry)}`).join(' ')} else ${otherwise} end`;

const CODE = choose(([, code]) => `'${code}'`, `case when f.field is null then 'refused' else 'invalid' end`);
const REASON = choose(([, , reason]) => reason, `coalesce(l.invalid, 'refused by the target, SQLSTATE ' || f.state)`);

/** SELECT of `arrival, field, field_name, code, reason` over a table of findings. */
export function reasonsSql(findings: string): string {
  return `select f.arrival, f.field, coalesce(l.field_name, case when f.state in ('23502', '${NEW_COLUMN}') then f.rule end) as field_name, ${CODE} as code, ${REASON} as reason
    from ${findings} as f left join pg_temp."_millrace_field" as l using (field)`;
}
