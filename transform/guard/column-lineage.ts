import type { ColumnLineage } from '../../schema/preview.js';
import { type AstNode, childNode, childNodes, commonTables, isNode, subqueryOf, textOf, textsOf } from './ast.js';

/**
 * Which columns of the input the values of each column are made of. Only values count: what a row is filtered, joined, grouped
 * or sorted by decides which rows there are, not what stands in them.
 * @module
 */

/** Tables that the query reads, with their columns where these are known. */
export type LineageInputs = Readonly<Record<string, readonly string[] | undefined>>;

interface Column {
  readonly name: string;
  readonly from: readonly string[];
  readonly kind: ColumnLineage['kind'];
}

/** `anyColumn` answers for columns that are not listed, where the table may have more. */
interface Relation {
  readonly columns: readonly Column[];
  readonly anyColumn?: (name: string) => Column;
}

interface Source {
  readonly alias: string;
  readonly relation: Relation;
}

type Tables = ReadonlyMap<string, Relation>;

/** Where a name is looked up: this query's tables, then those of the queries around it. */
interface Scope {
  readonly sources: readonly Source[];
  readonly outer?: Scope;
  readonly tables: Tables;
}

const UNKNOWN: Relation = { columns: [], anyColumn: (name) => ({ name, from: [], kind: 'unknown' }) };

/** Of every column of the result, in order. */
export function columnLineage(query: AstNode, inputs: LineageInputs = { input: undefined }): readonly ColumnLineage[] {
  const prefixed = Object.keys(inputs).length > 1;
  const tables = new Map(
    Object.entries(inputs).map(([name, columns]) => [name.toLowerCase(), inputRelation(prefixed ? `${name}.` : '', columns)]),
  );
  const { columns } = relationOf(query, { sources: [], tables });
  return columns.map(({ name, from, kind }) => ({ column: name, from: [...new Set(from)], kind }));
}

function inputRelation(prefix: string, names: readonly string[] | undefined): Relation {
  const passed = (name: string): Column => ({ name, from: [`${prefix}${name}`], kind: 'passed' });
  return names ? { columns: names.map(passed) } : { columns: [], anyColumn: passed };
}

function relationOf(query: AstNode | undefined, scope: Scope): Relation {
  if (!query) return UNKNOWN;
  const tables = new Map(scope.tables);
  for (const { name, query: inner, columnAliases } of commonTables(query)) {
    const isRecursive = textOf(inner, 'type') === 'RECURSIVE_CTE_NODE';
    tables.set(name, isRecursive ? UNKNOWN : renamed(relationOf(inner, { ...scope, tables }), columnAliases));
  }
  if (query['type'] === 'SELECT_NODE') return selectRelation(query, { ...scope, tables });
  return query['type'] === 'SET_OPERATION_NODE' ? setRelation(query, { ...scope, tables }) : UNKNOWN;
}

/** A column of a union is made of those in its place on both sides. */
function setRelation(query: AstNode, scope: Scope): Relation {
  const left = relationOf(childNode(query, 'left'), scope);
  const right = relationOf(childNode(query, 'right'), scope);
  if (textOf(query, 'setop_type') === 'UNION_BY_NAME') return UNKNOWN;
  const columns = left.columns.map((column, index): Column => {
    const other = right.columns[index];
    if (!other) return { ...column, kind: 'unknown' };
    const same = column.kind === other.kind && column.from.join() === other.from.join();
    return { name: column.name, from: [...column.from, ...other.from], kind: same ? column.kind : 'computed' };
  });
  return left.anyColumn ? { columns, anyColumn: left.anyColumn } : { columns };
}

function renamed(relation: Relation, names: readonly string[]): Relation {
  if (names.length === 0) return relation;
  return { ...relation, columns: relation.columns.map((column, index) => ({ ...column, name: names[index] ?? column.name })) };
}

function selectRelation(query: AstNode, outer: Scope): Relation {
  const sources = sourcesOf(childNode(query, 'from_table'), outer);
  const scope: Scope = { sources, outer, tables: outer.tables };
  const items = childNodes(query, 'select_list').map((item, index) => itemRelation(item, scope, index));
  const open = items.find((item) => item.anyColumn)?.anyColumn;
  return { columns: items.flatMap((item) => item.columns), ...(open ? { anyColumn: open } : {}) };
}

function sourcesOf(table: AstNode | undefined, scope: Scope): readonly Source[] {
  const name = [textOf(table, 'schema_name'), textOf(table, 'table_name')].filter(Boolean).join('.').toLowerCase();
  const alias = (textOf(table, 'alias') || textOf(table, 'table_name')).toLowerCase();
  const names = textsOf(table, 'column_name_alias');
  switch (table?.['type']) {
    case undefined:
    case 'EMPTY':
      return [];
    case 'BASE_TABLE':
      return [{ alias, relation: renamed(scope.tables.get(name) ?? UNKNOWN, names) }];
    case 'SUBQUERY':
      return [{ alias, relation: renamed(relationOf(subqueryOf(table), scope), names) }];
    case 'JOIN':
      return [...sourcesOf(childNode(table, 'left'), scope), ...sourcesOf(childNode(table, 'right'), scope)];
    default:
      return [{ alias, relation: renamed(UNKNOWN, names) }];
  }
}

function itemRelation(item: AstNode, scope: Scope, index: number): Relation {
  if (item['class'] === 'STAR') return starRelation(item, scope);
  const alias = textOf(item, 'alias');
  if (item['class'] !== 'COLUMN_REF') {
    const name = alias || textOf(item, 'function_name') || `column ${index + 1}`;
    return { columns: [{ name, ...madeOf(item, scope) }] };
  }
  const names = textsOf(item, 'column_names');
  const found = find(names, scope);
  const column = found ?? { from: [], kind: 'unknown' as const };
  return { columns: [{ ...column, name: alias || (names.at(-1) ?? '') }] };
}

function starRelation(star: AstNode, scope: Scope): Relation {
  const qualifier = textOf(star, 'relation_name').toLowerCase();
  const relations = scope.sources.filter((source) => !qualifier || source.alias === qualifier).map((source) => source.relation);
  if (star['columns'] === true || relations.length === 0)
    return { ...UNKNOWN, columns: [{ name: '*', from: [], kind: 'unknown' }] };
  const excluded = new Set(['exclude_list', 'qualified_exclude_list'].flatMap((key) => namesIn(star[key])));
  const replaced = new Map(
    childNodes(star, 'replace_list').map((entry) => [textOf(entry, 'key').toLowerCase(), childNode(entry, 'value')]),
  );
  const renames = new Map(
    childNodes(star, 'rename_list').map((entry) => [namesIn(entry['key']).at(-1) ?? '', textOf(entry, 'value')]),
  );
  const columns = relations.flatMap((relation) => [
    ...relation.columns,
    ...(relation.anyColumn ? [{ ...relation.anyColumn('*'), name: '*' }] : []),
  ]);
  const open = relations.find((relation) => relation.anyColumn)?.anyColumn;
  const kept = columns
    .filter(({ name }) => !excluded.has(name.toLowerCase()))
    .map((column): Column => {
      const value = replaced.get(column.name.toLowerCase());
      const name = renames.get(column.name.toLowerCase()) ?? column.name;
      return value ? { name, ...madeOf(value, scope) } : { ...column, name };
    });
  return { columns: kept, ...(open ? { anyColumn: open } : {}) };
}

function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value.toLowerCase()];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(namesIn) : [];
}

/** What an expression is made of, subqueries in it by their results. */
function madeOf(expression: AstNode, scope: Scope): Pick<Column, 'from' | 'kind'> {
  const parts = partsOf(expression, scope, new Set());
  const isCertain = parts.every(({ kind }) => kind !== 'unknown');
  return { from: parts.flatMap(({ from }) => from), kind: isCertain ? 'computed' : 'unknown' };
}

type Part = Pick<Column, 'from' | 'kind'>;

function partsOf(value: unknown, scope: Scope, lambdas: ReadonlySet<string>): readonly Part[] {
  if (Array.isArray(value)) return value.flatMap((inner) => partsOf(inner, scope, lambdas));
  if (!isNode(value)) return [];
  switch (value['class']) {
    case 'COLUMN_REF':
      return referenced(textsOf(value, 'column_names'), scope, lambdas);
    case 'SUBQUERY':
      return [...relationOf(subqueryOf(value), scope).columns, ...partsOf(value['child'], scope, lambdas)];
    case 'LAMBDA':
      return partsOf(value['expr'], scope, new Set([...lambdas, ...parametersOf(value['lhs'])]));
    case 'STAR':
      return starRelation(value, scope).columns;
    default:
      return Object.values(value).flatMap((inner) => partsOf(inner, scope, lambdas));
  }
}

function referenced(names: readonly string[], scope: Scope, lambdas: ReadonlySet<string>): readonly Part[] {
  if (lambdas.has((names[0] ?? '').toLowerCase())) return [];
  return [find(names, scope) ?? { from: [], kind: 'unknown' }];
}

/** `x` and `(x, i)`. */
function parametersOf(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(parametersOf);
  if (!isNode(node)) return [];
  if (node['class'] === 'COLUMN_REF') return textsOf(node, 'column_names').map((name) => name.toLowerCase());
  return Object.values(node).flatMap(parametersOf);
}

/** `column`, `table.column`, `column.field` or `table.column.field`; a field of a struct is made of the column. */
function find(names: readonly string[], scope: Scope): Column | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = qualified(names, at.sources) ?? unqualified(names, at.sources);
    if (found) return found;
  }
  return undefined;
}

function qualified(names: readonly string[], sources: readonly Source[]): Column | undefined {
  const [table = '', column] = names;
  if (column === undefined) return undefined;
  const named = sources.filter(({ alias }) => alias === table.toLowerCase());
  const found = named.length > 0 ? unqualified(names.slice(1), named) : undefined;
  return found;
}

function unqualified(names: readonly string[], sources: readonly Source[]): Column | undefined {
  const [name = '', ...fields] = names;
  const listed = sources.flatMap(({ relation }) =>
    relation.columns.filter((column) => column.name.toLowerCase() === name.toLowerCase()),
  );
  const open = sources.flatMap(({ relation }) => (relation.anyColumn ? [relation.anyColumn(name)] : []));
  // `using` makes one column of two that are equal; of several open tables nobody knows which one has it
  const found =
    listed[0] ?? (open.length > 1 ? { ...UNKNOWN.anyColumn?.(name), name, from: [], kind: 'unknown' as const } : open[0]);
  return found && fields.length > 0 && found.kind === 'passed' ? { ...found, kind: 'computed' } : found;
}
