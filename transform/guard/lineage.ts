import { type AstNode, childNode, childNodes, commonTables, subqueryOf, textOf, textsOf } from './ast.js';

/** A column of a query's result, and the input column it is, untouched; names in lower case. */
interface OutputColumn {
  readonly name: string;
  readonly origin: string | undefined;
}

/** `open`: it has columns that the tree does not show. */
interface Relation {
  readonly open: boolean;
  readonly columns: readonly OutputColumn[];
}

interface Source {
  readonly alias: string;
  readonly relation: Relation;
}

type Tables = ReadonlyMap<string, Relation>;

const UNKNOWN: Relation = { open: true, columns: [] };

/**
 * Which columns of the result are columns of the input that were only passed on: output name → input column, both in lower
 * case. A column that is missing here was computed, or nothing is known of it.
 */
export function passedThrough(query: AstNode, inputColumns: readonly string[], input = 'input'): ReadonlyMap<string, string> {
  const columns = inputColumns.map((name) => ({ name: name.toLowerCase(), origin: name.toLowerCase() }));
  const result = relationOf(query, new Map([[input, { open: false, columns }]]));
  const origins = new Map<string, string>();
  const seen = new Set<string>();
  for (const { name, origin } of result.columns) {
    if (origin !== undefined && !seen.has(name)) origins.set(name, origin);
    seen.add(name);
  }
  return result.open ? new Map() : origins;
}

function relationOf(query: AstNode | undefined, outer: Tables): Relation {
  if (!query) return UNKNOWN;
  const tables = new Map(outer);
  for (const { name, query: inner, columnAliases } of commonTables(query)) {
    tables.set(name, columnAliases.length > 0 ? UNKNOWN : relationOf(inner, tables));
  }
  if (query['type'] === 'SELECT_NODE') return selectRelation(query, tables);
  return query['type'] === 'SET_OPERATION_NODE' ? setRelation(query, tables) : UNKNOWN;
}

/** A column of a union is an input column only when it is the same one on both sides. */
function setRelation(query: AstNode, tables: Tables): Relation {
  const left = relationOf(childNode(query, 'left'), tables);
  const right = relationOf(childNode(query, 'right'), tables);
  if (left.open || right.open || textOf(query, 'setop_type') === 'UNION_BY_NAME') return UNKNOWN;
  const columns = left.columns.map(({ name, origin }, index) => ({
    name,
    origin: origin === right.columns[index]?.origin ? origin : undefined,
  }));
  return { open: false, columns };
}

function selectRelation(query: AstNode, tables: Tables): Relation {
  const sources = sourcesOf(childNode(query, 'from_table'), tables);
  const items = childNodes(query, 'select_list').map((item) => itemRelation(item, sources));
  return { open: items.some((item) => item.open), columns: items.flatMap((item) => item.columns) };
}

function sourcesOf(table: AstNode | undefined, tables: Tables): readonly Source[] {
  const alias = (textOf(table, 'alias') || textOf(table, 'table_name')).toLowerCase();
  const renamed = textsOf(table, 'column_name_alias').length > 0;
  switch (table?.['type']) {
    case 'EMPTY':
      return [];
    case 'BASE_TABLE':
      return [{ alias, relation: renamed ? UNKNOWN : (tables.get(textOf(table, 'table_name').toLowerCase()) ?? UNKNOWN) }];
    case 'SUBQUERY':
      return [{ alias, relation: renamed ? UNKNOWN : relationOf(subqueryOf(table), tables) }];
    case 'JOIN':
      return joinSources(table, tables);
    default:
      return [{ alias, relation: UNKNOWN }];
  }
}

function joinSources(join: AstNode, tables: Tables): readonly Source[] {
  const left = sourcesOf(childNode(join, 'left'), tables);
  if (['SEMI', 'ANTI'].includes(textOf(join, 'join_type'))) return left;
  return [...left, ...sourcesOf(childNode(join, 'right'), tables)];
}

function itemRelation(item: AstNode, sources: readonly Source[]): Relation {
  const alias = textOf(item, 'alias').toLowerCase();
  if (item['class'] === 'STAR') return alias ? UNKNOWN : starRelation(item, sources);
  const names = item['class'] === 'COLUMN_REF' ? textsOf(item, 'column_names').map((name) => name.toLowerCase()) : [];
  return { open: false, columns: [{ name: alias || (names.at(-1) ?? ''), origin: originOf(names, sources) }] };
}

function starRelation(star: AstNode, sources: readonly Source[]): Relation {
  const qualifier = textOf(star, 'relation_name').toLowerCase();
  const relations = sources.filter((source) => !qualifier || source.alias === qualifier).map((source) => source.relation);
  if (relations.length === 0 || relations.some((relation) => relation.open)) return UNKNOWN;
  const excluded = new Set(['exclude_list', 'qualified_exclude_list'].flatMap((key) => namesIn(star[key])));
  const changed = new Set(['replace_list', 'rename_list'].flatMap((key) => namesIn(star[key])));
  const columns = relations.flatMap((relation) => relation.columns).filter(({ name }) => !excluded.has(name));
  return { open: false, columns: columns.map(({ name, origin }) => ({ name, origin: changed.has(name) ? undefined : origin })) };
}

/** Every name in the list: a column that REPLACE or RENAME speaks of counts as computed. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value.toLowerCase()];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(namesIn) : [];
}

function originOf(names: readonly string[], sources: readonly Source[]): string | undefined {
  const [first, second] = names;
  if (names.length === 1) return commonOrigin(first ?? '', sources);
  const qualified = sources.filter((source) => source.alias === first);
  return names.length === 2 && qualified.length > 0 ? commonOrigin(second ?? '', qualified) : undefined;
}

/** Where several tables offer the name (`using`), they must all mean the same input column. */
function commonOrigin(name: string, sources: readonly Source[]): string | undefined {
  if (sources.some((source) => source.relation.open)) return undefined;
  const found = sources.flatMap((source) => source.relation.columns).filter((column) => column.name === name);
  const origins = new Set(found.map((column) => column.origin));
  return origins.size === 1 ? [...origins][0] : undefined;
}
