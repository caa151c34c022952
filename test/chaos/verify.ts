/**
 * Source and destination compared by content, whatever was counted on the way.
 * @module
 */
import pg from 'pg';
import type { ChaosTable } from './tables.js';

/** A row by its key and the hash of its contents; rows without a key are their own. */
export interface HashedRow {
  readonly key: string;
  readonly hash: string;
}

export interface Difference {
  /** In the source and not in the destination. */
  readonly lost: number;
  /** More often in the destination than in the source. */
  readonly duplicated: number;
  /** In both with other contents, or never in the source. */
  readonly wrong: number;
  /** Some of their keys, for people. */
  readonly examples: readonly string[];
}

export interface TableReport extends Omit<Difference, 'examples'> {
  readonly table: string;
  readonly rows: number;
  readonly examples?: readonly string[];
}

const MOST_EXAMPLES = 5;

export function compareRows(source: Iterable<HashedRow>, destination: Iterable<HashedRow>): Difference {
  const [wanted, held] = [byKey(source), byKey(destination)];
  const keys = new Set([...wanted.keys(), ...held.keys()]);
  const found = { lost: 0, duplicated: 0, wrong: 0, examples: [] as string[] };
  for (const key of keys) {
    const { lost, duplicated, wrong } = compareKey(wanted.get(key) ?? [], held.get(key) ?? []);
    found.lost += lost;
    found.duplicated += duplicated;
    found.wrong += wrong;
    if (lost + duplicated + wrong > 0 && found.examples.length < MOST_EXAMPLES) found.examples.push(key);
  }
  return found;
}

function byKey(rows: Iterable<HashedRow>): Map<string, string[]> {
  const grouped = new Map<string, string[]>();
  for (const { key, hash } of rows) {
    const hashes = grouped.get(key);
    if (hashes) hashes.push(hash);
    else grouped.set(key, [hash]);
  }
  return grouped;
}

function compareKey(wanted: readonly string[], held: readonly string[]): Omit<Difference, 'examples'> {
  if (wanted.length === 0) return { lost: 0, duplicated: 0, wrong: held.length };
  const left = [...wanted];
  const strangers = held.filter((hash) => {
    const place = left.indexOf(hash);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
  const wrong = strangers.filter((hash) => !wanted.includes(hash)).length;
  const replaced = Math.min(wrong, left.length);
  return { lost: left.length - replaced, duplicated: strangers.length - wrong, wrong };
}

export interface Ends {
  readonly source: string;
  readonly destination: string;
}

/** The rows themselves are fetched only when the hash over all of them differs. */
export async function compareTable({ source, destination }: Ends, table: ChaosTable): Promise<TableReport> {
  const [wanted, held] = await Promise.all([contentOf(source, table), contentOf(destination, table)]);
  const { rows } = wanted;
  if (wanted.hash === held.hash) return { table: table.name, rows, lost: 0, duplicated: 0, wrong: 0 };
  const [from, to] = await Promise.all([hashedRows(source, table), hashedRows(destination, table)]);
  return { table: table.name, rows, ...compareRows(from, to) };
}

async function contentOf(url: string, { name, columns }: ChaosTable): Promise<{ rows: number; hash: string }> {
  const [content] = await query<{ rows: string; hash: string | null }>(
    url,
    `select count(*) as rows, md5(string_agg(hash, '' order by hash)) as hash
     from (select md5(row(${columns})::text) as hash from public.${name}) as hashed`,
  );
  return { rows: Number(content?.rows), hash: content?.hash ?? '' };
}

async function hashedRows(url: string, { name, columns, key }: ChaosTable): Promise<HashedRow[]> {
  const text = `row(${columns})::text`;
  return query(url, `select ${key ? `row(${key})::text` : text} as key, md5(${text}) as hash from public.${name}`);
}

export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the statement in flight reports it
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
