import { type AstNode, childNode, commonTables, isNode, textOf } from './ast.js';
import { isAllowedFunction, isAllowedTableFunction } from './functions.js';
import { refusedExpression, refusedStructure } from './nodes.js';

export interface Refusal {
  readonly message: string;
  readonly byteOffset: unknown;
}

interface Visit {
  readonly value: unknown;
  /** Names of the tables that may be read here, in lower case. */
  readonly tables: ReadonlySet<string>;
  /** Set right below a table function: the call is judged by the other list. */
  readonly afterFrom?: boolean;
}

/** The parser itself writes `main` before some functions; the others are never a column or table of a transform. */
export const CATALOG_NAMES: ReadonlySet<string> = new Set(['system', 'temp', 'memory', 'pg_catalog', 'information_schema']);

/** Everything in the tree that is not allowed. A list of work instead of recursion: the depth is the user's choice. */
export function findRefusals(query: AstNode, inputs: readonly string[]): readonly Refusal[] {
  const refusals: Refusal[] = [];
  const work: Visit[] = [{ value: query, tables: new Set(inputs.map((name) => name.toLowerCase())) }];
  for (let visit = work.pop(); visit; visit = work.pop()) {
    if (Array.isArray(visit.value)) pushAll(work, visit.value, visit.tables);
    else if (isNode(visit.value)) visitNode(visit.value, visit, work, refusals);
  }
  return refusals;
}

function visitNode(node: AstNode, visit: Visit, work: Visit[], refusals: Refusal[]): void {
  const message = refusal(node, visit);
  if (message) refusals.push({ message, byteOffset: node['query_location'] });
  const { cte_map: _ctes, ...rest } = node;
  const tables = pushCommonTables(node, visit.tables, work);
  const afterFrom = node['type'] === 'TABLE_FUNCTION';
  for (const [key, value] of Object.entries(rest)) work.push({ value, tables, afterFrom: afterFrom && key === 'function' });
}

function pushAll(work: Visit[], values: readonly unknown[], tables: ReadonlySet<string>): void {
  for (let index = values.length - 1; index >= 0; index -= 1) work.push({ value: values[index], tables });
}

/** Each common table sees the ones before it, and itself when it is recursive; the query sees all of them. */
function pushCommonTables(node: AstNode, outer: ReadonlySet<string>, work: Visit[]): ReadonlySet<string> {
  const tables = new Set(outer);
  for (const { name, value, query } of commonTables(node)) {
    const own = textOf(query, 'type') === 'RECURSIVE_CTE_NODE' ? new Set([...tables, name]) : new Set(tables);
    work.push({ value, tables: own });
    tables.add(name);
  }
  return tables;
}

function refusal(node: AstNode, visit: Visit): string | undefined {
  const className = textOf(node, 'class');
  const type = textOf(node, 'type');
  if (className) return refusedExpression(className, type) ?? refusedCall(node, className, visit);
  if (type) return refusedStructure(type) ?? (type === 'BASE_TABLE' ? refusedTable(node, visit.tables) : undefined);
  return undefined;
}

function refusedCall(node: AstNode, className: string, visit: Visit): string | undefined {
  if (className !== 'FUNCTION' && className !== 'WINDOW') return undefined;
  const name = textOf(node, 'function_name');
  const qualifiers = [textOf(node, 'catalog'), textOf(node, 'schema')].map((text) => text.toLowerCase());
  if (qualifiers.some((text) => CATALOG_NAMES.has(text))) return `Call ${name} without a schema.`;
  if (visit.afterFrom) {
    return isAllowedTableFunction(name) ? undefined : `The table function ${name} is not allowed in a transform.`;
  }
  return isAllowedFunction(name) ? undefined : `The function ${name} is not allowed in a transform.`;
}

function refusedTable(node: AstNode, tables: ReadonlySet<string>): string | undefined {
  const [schema, name] = [textOf(node, 'schema_name'), textOf(node, 'table_name')];
  if (childNode(node, 'at_clause')) return 'AT (…) is not allowed in a transform.';
  if (schema && !textOf(node, 'catalog_name') && tables.has(`${schema}.${name}`.toLowerCase())) return undefined;
  if (textOf(node, 'catalog_name') || schema) return `Name the table ${name} without a schema.`;
  return tables.has(name.toLowerCase())
    ? undefined
    : `There is no table ${name}: a transform reads from ${[...tables].join(', ')}.`;
}
