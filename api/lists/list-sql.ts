import type { Knex } from 'knex';
import { MillraceError } from '../../platform/errors/error.js';
import { encodeCursor } from './list-cursor.js';
import { CREATED, type ListRequest, type Sort } from './list-query.js';

/** What a list is sorted by: an SQL expression that is never null, as in the index of the migration. */
export interface SortColumn {
  readonly sql: string;
  readonly type: 'text' | 'timestamptz';
}

export interface ListedTable {
  readonly name: string;
  /** By the name in the query. `createdAt` is not among them: ids sort by it. */
  readonly sorts: Readonly<Record<string, SortColumn>>;
}

/** What is not there yet comes after all that is. */
export const orNever = (column: string): SortColumn => ({ sql: `coalesce(${column}, 'infinity')`, type: 'timestamptz' });

export const byText = (column: string): SortColumn => ({ sql: `lower(${column})`, type: 'text' });

export const byTime = (column: string): SortColumn => ({ sql: column, type: 'timestamptz' });

/** A row with the value that the list is sorted by. */
export type Listed<Row> = Row & { readonly sort_value: string };

/**
 * Sorts, and starts after the last row of the page before: by value and id, so that nothing is skipped or repeated when
 * rows come, go or have equal values. Asks for one row more than the page holds.
 */
export function listPage(query: Knex.QueryBuilder, { limit, after, sort }: ListRequest, table: ListedTable): void {
  const id = `${table.name}.id`;
  const direction = sort.descending ? 'desc' : 'asc';
  const column = sort.field === CREATED ? undefined : table.sorts[sort.field];
  if (after) void startAfter(query, column, { after, sort, id });
  void query.select(query.client.raw(`(${column?.sql ?? id})::text as sort_value`));
  void query.orderByRaw(column ? `${column.sql} ${direction}, ${id} ${direction}` : `${id} ${direction}`).limit(limit + 1);
}

interface Start {
  readonly after: NonNullable<ListRequest['after']>;
  readonly sort: Sort;
  readonly id: string;
}

function startAfter(query: Knex.QueryBuilder, column: SortColumn | undefined, { after, sort, id }: Start): void {
  if (after.sort !== sortText(sort))
    throw wrongCursor(`It belongs to sort=${after.sort.slice(0, 100)}, not to ${sortText(sort)}.`);
  const beyond = sort.descending ? '<' : '>';
  if (!column) return void query.whereRaw(`${id} ${beyond} ?`, [after.id]);
  if (column.type === 'timestamptz' && !isTime(after.value)) throw wrongCursor('It is damaged.');
  void query.whereRaw(`(${column.sql}, ${id}) ${beyond} (?::${column.type}, ?)`, [after.value, after.id]);
}

/** As Postgres prints it. */
function isTime(text: string): boolean {
  const [, day, time, offset] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,6})?)([+-]\d\d(?::\d\d)?)$/.exec(text) ?? [];
  if (day === undefined || offset === undefined) return text === 'infinity';
  return !Number.isNaN(Date.parse(`${day}T${time}${offset.length === 3 ? `${offset}:00` : offset}`));
}

function wrongCursor(reason: string): MillraceError {
  return new MillraceError('request.invalid', {
    detail: `after is no cursor of this list. ${reason}`,
    path: 'after',
    suggestion: 'Begin with the first page: leave after out.',
  });
}

const sortText = ({ field, descending }: Sort): string => `${descending ? '-' : ''}${field}`;

/** Where the page that ends with `row` goes on. */
export function cursorAfter(row: Listed<{ readonly id: string }>, sort: Sort): string {
  return encodeCursor({ sort: sortText(sort), value: row.sort_value, id: row.id });
}

/** Whoever searches for 100% means just that. */
export function whereNameHolds(query: Knex.QueryBuilder, column: string, text: string | undefined): void {
  if (text === undefined) return;
  void query.whereRaw(`${column} ilike ?`, [`%${text.replaceAll(/[\\%_]/g, (char) => `\\${char}`)}%`]);
}
