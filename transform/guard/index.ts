import { MillraceError } from '../../platform/errors/error.js';
import type { AstNode } from './ast.js';
import { parseSelect } from './parse.js';
import { type SqlError, errorAt } from './position.js';
import { findRefusals } from './walk.js';

/**
 * The first of the four layers between a user's SQL and everything else: what the SQL may say. It is read by DuckDB's own
 * parser, and every node of the tree must be on a list.
 * @module
 */

export type { SqlError } from './position.js';
export type SqlCheck = { readonly ok: true } | { readonly ok: false; readonly errors: readonly SqlError[] };
export type ReadSql =
  | { readonly ok: true; readonly query: AstNode }
  | { readonly ok: false; readonly errors: readonly SqlError[] };

const MAX_ERRORS = 20;

/**
 * Says whether `sql` is one SELECT that may run as a transform, and where it is wrong. Names of columns and types are not
 * looked up: `describeTransform` does that.
 * @param inputs the tables it may read, in any case; `a.b` is table b of schema a, too
 */
export async function checkSql(sql: string, inputs: readonly string[] = ['input']): Promise<SqlCheck> {
  const read = await readSql(sql, inputs);
  return read.ok ? { ok: true } : read;
}

/** As `checkSql`, and gives the tree. */
export async function readSql(sql: string, inputs: readonly string[] = ['input']): Promise<ReadSql> {
  const parsed = await parseSelect(sql);
  if (!parsed.ok) return parsed;
  const errors = findRefusals(parsed.query, inputs).map(({ message, byteOffset }) => errorAt(sql, byteOffset, 'bytes', message));
  if (errors.length === 0) return parsed;
  return { ok: false, errors: errors.sort((a, b) => a.position - b.position).slice(0, MAX_ERRORS) };
}

/** @throws MillraceError `transform.refused_sql` with the first error in words and all of them in `facts.errors` */
export async function readSqlOrThrow(sql: string, inputs?: readonly string[]): Promise<AstNode> {
  const read = await readSql(sql, inputs);
  if (read.ok) return read.query;
  const [first] = read.errors;
  const where = first ? ` (line ${first.line}, column ${first.column})` : '';
  throw new MillraceError('transform.refused_sql', {
    detail: `${first?.message ?? 'The SQL is not allowed.'}${where}`,
    facts: { errors: read.errors },
  });
}
