import { type AstNode, commonTables, isNode, textOf } from './ast.js';

export interface TableName {
  /** Absent when it is not written. */
  readonly schema?: string;
  readonly name: string;
}

interface Visit {
  readonly value: unknown;
  /** Tables of `with`, in lower case. */
  readonly own: ReadonlySet<string>;
}

/** The tables that a query reads and does not make itself, as they are written, each once. */
export function tablesRead(query: AstNode): readonly TableName[] {
  const found = new Map<string, TableName>();
  const work: Visit[] = [{ value: query, own: new Set() }];
  for (let visit = work.pop(); visit; visit = work.pop()) {
    const { value, own } = visit;
    if (Array.isArray(value)) for (const inner of value as unknown[]) work.push({ value: inner, own });
    else if (isNode(value)) visitNode(value, own, { work, found });
  }
  return [...found.values()].toReversed();
}

/** Each table of `with` sees the ones before it, and itself when it is recursive; the query sees all of them. */
function visitNode(
  node: AstNode,
  outer: ReadonlySet<string>,
  { work, found }: { readonly work: Visit[]; readonly found: Map<string, TableName> },
): void {
  const own = new Set(outer);
  for (const { name, value, query } of commonTables(node)) {
    const recursive = textOf(query, 'type') === 'RECURSIVE_CTE_NODE' ? [name] : [];
    work.push({ value, own: new Set([...own, ...recursive]) });
    own.add(name);
  }
  const [schema, name] = [textOf(node, 'schema_name'), textOf(node, 'table_name')];
  const isTable = node['type'] === 'BASE_TABLE' && (schema !== '' || !own.has(name.toLowerCase()));
  if (isTable) found.set(`${schema}\n${name}`.toLowerCase(), { ...(schema === '' ? {} : { schema }), name });
  const { cte_map: _, ...rest } = node;
  for (const value of Object.values(rest)) work.push({ value, own });
}
