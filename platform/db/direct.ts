/**
 * Reads that are asked with nearly every request, past knex's runner, which costs more than the query: straight to the driver,
 * over the same pool or transaction, and planned once in each session of the server.
 * @module
 */
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';

/** A query whose text never changes. The name belongs to it alone. */
export interface Statement {
  readonly name: string;
  /** With `$1`, `$2`, … for its values. */
  readonly text: string;
}

export async function prepared<Row>(db: Knex, statement: Statement, values: readonly unknown[]): Promise<readonly Row[]> {
  return ask(db, statement, values);
}

/** A query that depends on what was asked: knex builds it. */
export async function rowsOf<Row>(query: Knex.QueryBuilder): Promise<readonly Row[]> {
  const { sql, bindings } = query.toSQL().toNative();
  return ask(query, statementOf(sql), bindings);
}

async function ask<Row>(
  { client }: { readonly client: Knex.Client },
  statement: Statement | { readonly text: string },
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const session = (await client.acquireConnection()) as ClientBase;
  try {
    return (await session.query({ ...statement, values: [...values] })).rows as readonly Row[];
  } finally {
    await client.releaseConnection(session);
  }
}

/** A session keeps every statement that it was given a name for: others than the first ones go without. */
const MOST_STATEMENTS = 100;
const built = new Map<string, Statement>();

function statementOf(text: string): Statement | { readonly text: string } {
  const known = built.get(text);
  if (known || built.size >= MOST_STATEMENTS) return known ?? { text };
  const statement = { name: `built ${built.size + 1}`, text };
  built.set(text, statement);
  return statement;
}
