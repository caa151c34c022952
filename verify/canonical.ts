import type { StagedColumn } from '../connectors/sdk/destination.js';

/**
 * The form in which DuckDB compares a staged value: its text, so that -0 is not 0 and '' is not NULL. JSON that did not
 * come from a `jsonb` is compared by what it says, because a destination may write it in its own way.
 */
export function stagedForm(reference: string, column: StagedColumn): string {
  if (isJsonByMeaning(column)) return jsonForm(column.stage.endsWith('[]') ? `to_json(${reference})` : reference);
  if (column.stage === 'BLOB') return `'\\x' || lower(hex(${reference}))`;
  if (column.stage.endsWith('[]')) return `translate(${reference}::VARCHAR, '[] ', '{}')`;
  return `${reference}::VARCHAR`;
}

function isJsonByMeaning({ type, stage, native }: StagedColumn): boolean {
  const typed = stage === 'JSON' || stage.endsWith('[]');
  return typed && native?.system !== 'postgres' && (type === 'json' || type.endsWith('[]'));
}

/** Members in any order, numbers as numbers: a sum over the paths of the document. */
function jsonForm(json: string): string {
  const number = `case when atom = '-0.0' then '0' else regexp_replace(atom, '\\.0$', '') end`;
  const isNumber = `type in ('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')`;
  const leaf = `case when ${isNumber} then ${number} else atom::VARCHAR end`;
  const kind = `case when ${isNumber} then 'NUMBER' else type end`;
  return `(select sum(hash(fullkey, ${kind}, ${leaf}))::VARCHAR from json_tree(${json}))`;
}
