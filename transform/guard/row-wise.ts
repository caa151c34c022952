import { type AstNode, childNode, childNodes, commonTables, isNode, subqueryOf, textOf } from './ast.js';
import { changesRowCount } from './functions.js';

/**
 * True when every row of the result comes from one row of the input and no input row gives two, so that what is missing
 * was filtered (I7: out + filtered = in). Says false whenever it is not sure.
 */
export function isRowWise(query: AstNode, inputs: readonly string[] = ['input']): boolean {
  return isRowWiseQuery(query, new Set(inputs.map((name) => name.toLowerCase())));
}

/** @param tables names in lower case that stand for the rows of the input */
function isRowWiseQuery(query: AstNode, outer: ReadonlySet<string>): boolean {
  if (query['type'] !== 'SELECT_NODE') return false;
  const tables = new Set(outer);
  for (const { name, query: inner } of commonTables(query)) {
    if (inner && isRowWiseQuery(inner, tables)) tables.add(name);
    else tables.delete(name);
  }
  return keepsRows(query) && isRowWiseTable(childNode(query, 'from_table'), tables);
}

function keepsRows(query: AstNode): boolean {
  const groups = [
    ...childNodes(query, 'group_expressions'),
    childNode(query, 'having'),
    childNode(query, 'qualify'),
    childNode(query, 'sample'),
  ];
  if (groups.some(Boolean) || query['aggregate_handling'] !== 'STANDARD_HANDLING') return false;
  if (!childNodes(query, 'modifiers').every((modifier) => modifier['type'] === 'ORDER_MODIFIER')) return false;
  return !childNodes(query, 'select_list').some(changesRows);
}

/** Looks for aggregates and for functions that make rows; not inside subqueries, which give one value each. */
function changesRows(expression: AstNode): boolean {
  const work: unknown[] = [expression];
  for (let value = work.pop(); value !== undefined; value = work.pop()) {
    if (isNode(value)) {
      if (value['class'] === 'SUBQUERY') continue;
      if (value['class'] === 'WINDOW') return true;
      if (value['class'] === 'FUNCTION' && changesRowCount(textOf(value, 'function_name'))) return true;
      work.push(...Object.values(value).filter((inner) => inner !== undefined));
    } else if (Array.isArray(value)) work.push(...(value as unknown[]));
  }
  return false;
}

function isRowWiseTable(table: AstNode | undefined, tables: ReadonlySet<string>): boolean {
  if (!table || childNode(table, 'sample')) return false;
  if (table['type'] === 'BASE_TABLE') return tables.has(textOf(table, 'table_name').toLowerCase());
  const subquery = table['type'] === 'SUBQUERY' ? subqueryOf(table) : undefined;
  return subquery !== undefined && isRowWiseQuery(subquery, tables);
}
