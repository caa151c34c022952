import type { Session } from '../../../postgres/session.js';
import { literal } from '../../../postgres/sql.js';
import type { StagedColumn } from '../../../sdk/destination.js';
import type { CarefulField } from './careful-fields.js';
import { type InputCheckKind, inputChecks } from './input-checks.js';
import { FIELD_LABELS, labelsOf, reasonsSql } from './reasons.js';
import { TEXTS } from './text-copy.js';

/** What is wrong with which field of which row; `fatal` when the row cannot be loaded for it. */
export const FINDINGS = 'pg_temp."_millrace_finding"';
/** Rows that are loaded without some of their values. */
export const NOTES = 'pg_temp."_millrace_note"';
/** Rows that are not loaded. */
export const REJECTED = `(select distinct arrival from ${FINDINGS} where fatal)`;

const NUL_CHARACTER = '22021';
const NULL_VALUE = '23502';

export interface FindOptions {
  readonly fields: readonly CarefulField[];
  readonly staged: readonly StagedColumn[];
  readonly kind: InputCheckKind;
  /** A row with anything wrong is left out as a whole. */
  readonly wholeRow: boolean;
}

/** Looks at every value that could be refused, all rows at once. */
export async function findBadValues(session: Session, options: FindOptions): Promise<void> {
  await session.run(`create temporary table "_millrace_finding" (arrival bigint, field int, state text, rule text, fatal boolean) on commit drop;
    create temporary table "_millrace_field" on commit drop as select * from (values ${options.fields.map(labelsOf).join(', ')}) as f(${FIELD_LABELS})`);
  const types = options.fields.flatMap(checkedTypes);
  const checks = inputChecks(options.kind, types);
  for (const statement of checks.setup) await session.run(statement);
  const states = options.fields.flatMap((field) => stateOf(field, options.staged[field.index], checks.state));
  if (states.length > 0) await session.run(findingsSql(states, fatalFields(options)));
  await session.run(`analyze ${FINDINGS}`);
}

/** Wrong values of fields that may be NULL are left out, and each row says so. */
export async function noteRepairs(session: Session): Promise<void> {
  await session.run(`create temporary table "_millrace_note" on commit drop as
    select arrival, array_agg(field) as fields, jsonb_agg(jsonb_build_object('field', field_name, 'change', 'nulled', 'reason', reason) order by field) as changes
    from (${reasonsSql(FINDINGS)}) as reasons where not exists (select 1 from ${FINDINGS} as r where r.fatal and r.arrival = reasons.arrival) group by arrival`);
  await session.run(`analyze ${NOTES}`);
}

const fatalFields = ({ fields, wholeRow }: FindOptions): string =>
  fields
    .filter((field) => wholeRow || field.identifies || !field.takesNull)
    .map(({ index }) => index)
    .join(',');

function findingsSql(states: readonly string[], fatal: string): string {
  return `insert into ${FINDINGS} (arrival, field, state, fatal)
    select t.arrival, f.field, f.state, f.field = any('{${fatal}}'::int[]) from ${TEXTS} as t
    cross join lateral (values ${states.join(', ')}) as f(field, state) where f.state is not null`;
}

/** `(index, SQLSTATE or NULL)`, or nothing where no value can be wrong. */
function stateOf(
  field: CarefulField,
  staged: StagedColumn | undefined,
  check: (reference: string, type: string) => string,
): string[] {
  const { index, takesNull } = field;
  const value = `t.c${index}`;
  const nul = /VARCHAR|JSON/.test(staged?.stage ?? '')
    ? [`when ${value} is null and ${literal(String(index))} = any(string_to_array(t.nul, ',')) then '${NUL_CHARACTER}'`]
    : [];
  const missing = takesNull ? [] : [`when ${value} is null then '${NULL_VALUE}'`];
  const checks = checkedTypes(field).map((type) => check(value, type));
  const wrong = isSafe(field, staged) ? [] : [`when ${value} is not null then coalesce(${checks.join(', ')})`];
  const arms = [...nul, ...missing, ...wrong];
  return arms.length > 0 ? [`(${index}, case ${arms.join(' ')} end)`] : [];
}

/** A batch may hold what the target does not, and the other way round. */
const checkedTypes = ({ type, targetType }: CarefulField): string[] => [...new Set([targetType, type])];

/** Types whose every staged value the target's type holds: nothing to look at. */
const SAFE: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['boolean'],
  SMALLINT: ['smallint', 'integer', 'bigint', 'numeric'],
  INTEGER: ['integer', 'bigint', 'numeric'],
  BIGINT: ['bigint', 'numeric'],
  FLOAT: ['real', 'double precision'],
  DOUBLE: ['double precision'],
  UUID: ['uuid'],
  BLOB: ['bytea'],
};

function isSafe(field: CarefulField, staged: StagedColumn | undefined): boolean {
  const holds = ['text', 'character varying', ...(SAFE[staged?.stage ?? ''] ?? [])];
  return checkedTypes(field).every((type) => holds.includes(type));
}
