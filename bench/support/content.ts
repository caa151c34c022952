/**
 * Content of tables as hashes, so that what was loaded is compared by content and not by count.
 * @module
 */
import { type Ends, query } from './database.js';

/** A hash per column, and one of whole rows: values that changed places between rows are noticed too. */
export type TableContent = Readonly<Record<string, string>>;

const WHOLE_ROWS = 'whole rows';

/** One pass over the table, whatever the order of its rows; nothing of it is held. */
export async function contentOf(url: string, table: string, columns: string): Promise<TableContent> {
  const names = columns.split(',').map((name) => name.trim());
  const hashes = names.map((name) => `${hashOf(`${name}::text`)} as "${name}"`);
  const [row] = await query<TableContent>(
    url,
    `select ${hashes.join(', ')}, ${hashOf(`row(${columns})::text`)} as "${WHOLE_ROWS}" from ${table}`,
  );
  return row ?? {};
}

/** Sums go up to 128 bits. */
const hashOf = (text: string): string => `count(${text}) || '/' || coalesce(sum(hashtextextended(${text}, 0)), 0)`;

/** @throws Error that names the columns that differ */
export function requireEqual(table: string, wanted: TableContent, held: TableContent): void {
  const differing = differingColumns(wanted, held);
  if (differing.length > 0) throw new Error(`${table} differs from its source in ${differing.join(', ')}`);
}

export function differingColumns(wanted: TableContent, held: TableContent): string[] {
  const names = new Set([...Object.keys(wanted), ...Object.keys(held)]);
  return [...names].filter((name) => wanted[name] !== held[name]);
}

/** A table as it is in both databases. @throws Error that names the columns that differ */
export async function requireEqualTables(
  ends: Ends,
  { table, columns, target = table }: { readonly table: string; readonly columns: string; readonly target?: string },
): Promise<void> {
  const wanted = await contentOf(ends.source, table, columns);
  requireEqual(target, wanted, await contentOf(ends.destination, target, columns));
}
