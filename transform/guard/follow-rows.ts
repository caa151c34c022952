import { isDeepStrictEqual } from 'node:util';
import { type AstNode, childNode, childNodes, commonTables, isNode, subqueryOf, textOf, textsOf } from './ast.js';
import { NUMBERED_INPUT, ROW_NUMBER } from './input-table.js';
import { parseSelect, printSelect } from './parse.js';
import { isRowWise } from './row-wise.js';

/**
 * The same query with one column more, `ROW_NUMBER`, carried from `NUMBERED_INPUT` through every level, so that the rows which
 * the result lacks can be counted (I7). Nothing where a row of the result is not one row of the input, and nothing where it
 * is not certain that the query is otherwise the same.
 */
export async function followRows(query: AstNode, inputColumns: readonly string[]): Promise<string | undefined> {
  if (inputColumns.some((name) => name.toLowerCase() === ROW_NUMBER) || !isRowWise(query)) return undefined;
  const tree = plainCopy(query) as AstNode;
  const passed: string[] = [];
  if (!carry(tree, new Map(), passed) || hasOtherReaders(tree, passed) || hasInexactNumber(tree)) return undefined;
  const text = await printSelect(tree);
  return (await saysTheSame(text, tree)) ? text : undefined;
}

/** DuckDB does not always print what it read. */
async function saysTheSame(text: string, tree: AstNode): Promise<boolean> {
  const read = await parseSelect(text);
  return read.ok && isDeepStrictEqual(plainCopy(read.query), tree);
}

/** Without places in the text, and without the schema that DuckDB's printer adds to functions. */
function plainCopy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainCopy);
  if (!isNode(value)) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'query_location');
  const copy = Object.fromEntries(entries.map(([key, inner]) => [key, plainCopy(inner)]));
  return copy['class'] === 'FUNCTION' && copy['schema'] === 'main' ? { ...copy, schema: '' } : copy;
}

/** A table of `with`, and the tables that its own query may name. */
interface Scoped {
  readonly query: AstNode | undefined;
  readonly scope: Scope;
  readonly renamesColumns: boolean;
}
type Scope = ReadonlyMap<string, Scoped>;

/** Adds the column to `query` and to what it reads, in place. @param passed gets the tables of `with` on the way */
function carry(query: AstNode, outer: Scope, passed: string[]): boolean {
  const table = childNode(query, 'from_table');
  const scope = withCommonTables(query, outer);
  if (!table || textsOf(table, 'column_name_alias').length > 0 || scope.has(NUMBERED_INPUT)) return false;
  const common = table['type'] === 'BASE_TABLE' ? scope.get(textOf(table, 'table_name').toLowerCase()) : undefined;
  if (common) passed.push(textOf(table, 'table_name').toLowerCase());
  if (common?.renamesColumns) return false;
  const inner = common ? common.query : subqueryOf(table);
  const carried = inner ? carry(inner, common?.scope ?? scope, passed) : readNumbered(table);
  return carried && hideFromStars(query) && addColumn(query);
}

function withCommonTables(query: AstNode, outer: Scope): Scope {
  const scope = new Map(outer);
  for (const { name, query: inner, columnAliases } of commonTables(query))
    scope.set(name, { query: inner, scope: new Map(scope), renamesColumns: columnAliases.length > 0 });
  return scope;
}

function readNumbered(table: AstNode): boolean {
  const alias = textOf(table, 'alias') || textOf(table, 'table_name');
  Object.assign(table, { alias, table_name: NUMBERED_INPUT });
  return true;
}

function addColumn(query: AstNode): boolean {
  const reference = { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', column_names: [ROW_NUMBER] };
  return Boolean((query['select_list'] as unknown[] | undefined)?.push(reference));
}

/** False where columns are chosen by an expression, which may choose this one. */
function hideFromStars(query: AstNode): boolean {
  const stars = childNodes(query, 'select_list').flatMap((item) => nodesOf(item).filter((node) => node['class'] === 'STAR'));
  for (const star of stars) (star['exclude_list'] as unknown[] | undefined)?.push(ROW_NUMBER);
  return stars.every((star) => star['expr'] === null && Array.isArray(star['exclude_list']));
}

/** The tables on the way have one column more now, which another reader of them would see. */
function hasOtherReaders(tree: AstNode, passed: readonly string[]): boolean {
  const reads = nodesOf(tree).filter(
    (node) => node['type'] === 'BASE_TABLE' && passed.includes(textOf(node, 'table_name').toLowerCase()),
  );
  return reads.length !== passed.length;
}

/** A 64-bit integer above 2^53 is not what the query said any more; what is larger still was a double there too. */
function hasInexactNumber(tree: unknown): boolean {
  if (Array.isArray(tree)) return tree.some(hasInexactNumber);
  if (isNode(tree)) return Object.values(tree).some(hasInexactNumber);
  return typeof tree === 'number' && Number.isInteger(tree) && !Number.isSafeInteger(tree) && Math.abs(tree) <= 2 ** 64;
}

function nodesOf(tree: unknown): AstNode[] {
  if (Array.isArray(tree)) return tree.flatMap(nodesOf);
  return isNode(tree) ? [tree, ...Object.values(tree).flatMap(nodesOf)] : [];
}
