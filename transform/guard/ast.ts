/** A piece of the tree that DuckDB's `json_serialize_sql` prints. Read through the functions below, never by casts. */
export type AstNode = Readonly<Record<string, unknown>>;

export function isNode(value: unknown): value is AstNode {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function childNode(node: AstNode | undefined, key: string): AstNode | undefined {
  const value = node?.[key];
  return isNode(value) ? value : undefined;
}

export function childNodes(node: AstNode | undefined, key: string): readonly AstNode[] {
  const value = node?.[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function textOf(node: AstNode | undefined, key: string): string {
  const value = node?.[key];
  return typeof value === 'string' ? value : '';
}

export function textsOf(node: AstNode | undefined, key: string): readonly string[] {
  const value = node?.[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export interface CommonTable {
  /** In lower case: names of tables do not care for case. */
  readonly name: string;
  readonly value: AstNode;
  readonly query: AstNode | undefined;
  readonly columnAliases: readonly string[];
}

/** The `with` clause of a query node, in order. */
export function commonTables(queryNode: AstNode): readonly CommonTable[] {
  return childNodes(childNode(queryNode, 'cte_map'), 'map').map((entry) => {
    const value = childNode(entry, 'value') ?? {};
    return {
      name: textOf(entry, 'key').toLowerCase(),
      value,
      query: childNode(childNode(value, 'query'), 'node'),
      columnAliases: textsOf(value, 'aliases'),
    };
  });
}

/** The query inside a subquery, of the expression or of the table kind. */
export function subqueryOf(node: AstNode): AstNode | undefined {
  return childNode(childNode(node, 'subquery'), 'node');
}
