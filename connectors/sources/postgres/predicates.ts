import { MillraceError } from '../../../platform/errors/error.js';
import type { Field } from '../../../schema/types.js';
import { type FirstRead, firstReadCondition } from '../../sdk/cursor-read.js';
import type { ReadRequest } from '../../sdk/types.js';
import { ident, literal } from '../../postgres/sql.js';
import { postgresWords } from './cursor.js';

export const firstReadWhere = (first: FirstRead, nullCursor: ReadRequest['nullCursor']): string =>
  firstReadCondition(postgresWords, first, nullCursor);

/**
 * Rows after a key, in key order; all of them when there is no key yet. Of a key of several columns the first one is bounded
 * by itself, too, which changes no row: from comparisons of rows alone the planner guesses far too many, and would read the
 * whole table for every slice of it.
 */
export function keysetWhere(key: readonly Field[], after: readonly string[] | undefined, upTo: readonly string[] | null): string {
  const columns = `(${key.map((field) => ident(field.name)).join(', ')})`;
  const bounds = [
    ...(after ? [`${columns} > ${keyLiteral(key, after)}`, ...firstBound(key, '>=', after)] : []),
    ...(upTo ? [`${columns} <= ${keyLiteral(key, upTo)}`, ...firstBound(key, '<=', upTo)] : []),
  ];
  return bounds.length === 0 ? 'true' : bounds.join(' and ');
}

/** Rows from a key on, a few before it among them: what the planner can estimate, which row comparisons are not. */
export function roughlyBehind(key: readonly Field[], after: readonly string[] | undefined): string {
  const [first] = key;
  return first && after ? `${ident(first.name)} >= ${keyLiteral([first], after)}` : 'true';
}

function firstBound(key: readonly Field[], operator: '>=' | '<=', values: readonly string[]): string[] {
  const [first] = key;
  return first && key.length > 1 ? [`${ident(first.name)} ${operator} ${keyLiteral([first], values)}`] : [];
}

function keyLiteral(key: readonly Field[], values: readonly string[]): string {
  const parts = key.map((field, index) => `${literal(values[index] ?? '')}::${field.native?.type ?? 'text'}`);
  return `(${parts.join(', ')})`;
}

export function keyFields(request: ReadRequest): readonly Field[] {
  return (request.stream.primaryKey ?? []).map((name) => {
    const field = request.stream.fields.find((candidate) => candidate.name === name);
    if (field) return field;
    throw new MillraceError('source.field_missing', { detail: `Key field '${name}' is missing.`, stream: request.stream.name });
  });
}
