import type { Page } from '../http/pagination.js';
import type { ListRequest } from './list-query.js';
import { type Listed, cursorAfter } from './list-sql.js';

/** `rows` as {@link listPage} asked for them: one more than the page holds when there is a next one. */
export function toList<Row extends Listed<{ readonly id: string }>, T extends object>(
  rows: readonly Row[],
  { limit, sort, fields }: ListRequest,
  present: (row: Row) => T,
): Page<Partial<T>> {
  const held = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  const last = held.at(-1);
  return {
    data: held.map((row) => sparse(present(row), fields)),
    page: { next: hasMore && last ? cursorAfter(last, sort) : null, hasMore },
  };
}

/** The id is always there: without it nothing can be done with the rest. */
export function sparse<T extends object>(view: T, fields: readonly string[] | undefined): Partial<T> {
  if (fields === undefined) return view;
  const kept = Object.entries(view).filter(([name]) => name === 'id' || fields.includes(name));
  return Object.fromEntries(kept) as Partial<T>;
}
