/**
 * Staging a file without the rows that were already taken. Every step is a statement of its own whose count is DuckDB's, so
 * that seen = repeated + staged can be checked and not only be defined (I7).
 * @module
 */
import { type HashedField, rowHashSql } from '../checkpoint/boundary.js';
import type { BoundaryField } from '../checkpoint/position.js';
import type { Engine, Statements } from '../platform/duckdb/engine.js';
import { parquetOptions } from '../platform/duckdb/parquet.js';
import { quoteList, quoteLiteral } from '../platform/duckdb/quote.js';
import { MillraceError } from '../platform/errors/error.js';

/** What was already taken at one cursor value. */
export interface Taken {
  /** What its hashes were made of, with the columns in which it is staged now. */
  readonly fields: readonly HashedField[];
  /** Condition for rows at the value. */
  readonly atCursor: string;
  /** Table expression with columns `hash` and `count`. */
  readonly table: string;
  /** How many rows that is, where they are few. */
  readonly rows?: number | undefined;
}

/** Hash of a row → how many of it. */
export type Repeats = ReadonlyMap<string, number>;

export interface Subtraction {
  /** Yields the rows of a file. */
  readonly select: string;
  readonly taken: Taken;
  /** Parquet file for the rest. */
  readonly rest: string;
  /** Parquet file for what was left out: `hash` as it was taken, `fresh` as `fields` hash it now, `count`. */
  readonly repeated: string;
  /** Files of that kind, of earlier files of the slice. */
  readonly earlier: readonly string[];
  /** The columns as they are now. */
  readonly fields: readonly HashedField[];
}

export interface Counts {
  readonly seen: number;
  readonly repeated: number;
  readonly staged: number;
}

/** Hashes are worked with as 16 bytes instead of 32 letters: there may be millions. */
const HASH = '"_millrace_hash"';

/** Stages what is new. Of equal rows only as many are left out as were taken: a multiset. */
export function stageNew(engine: Engine, subtraction: Subtraction, signal: AbortSignal): Promise<Counts> {
  return engine.exclusive(async (statements) => {
    try {
      return await subtract(statements, subtraction, signal);
    } finally {
      for (const table of ['seen', 'gone']) await statements.run(`drop table if exists temp.${table}`);
    }
  });
}

/**
 * What a file repeats, when that is all it holds: most reads find nothing new, and this takes one statement instead of
 * eight. Nothing when a row is new, or when only the long way can tell.
 */
export async function onlyRepeats(
  engine: Engine,
  { select, taken, fields }: Pick<Subtraction, 'select' | 'taken' | 'fields'>,
  signal: AbortSignal,
): Promise<Repeats | undefined> {
  if (!sameFields(taken.fields, fields)) return undefined;
  const hash = rowHashSql(taken.fields);
  const groups = await engine.rows(
    `select seen.hash, any_value(seen.rows)::varchar as rows, coalesce(sum(taken.count), 0) >= any_value(seen.rows) as taken
     from (select hash, count(*) as rows from (select case when ${taken.atCursor} then ${hash} end as hash from (${select})) group by hash) as seen
     left join (select hash, count from ${taken.table}) as taken on taken.hash = seen.hash group by seen.hash`,
    [],
    signal,
  );
  if (!groups.every((group) => group['taken'] === true)) return undefined;
  return new Map(groups.map((group) => [String(group['hash']), Number(group['rows'])]));
}

/** Keeps what `onlyRepeats` found as `stageNew` would have, for later files of the slice. */
export async function writeRepeats(engine: Engine, repeats: Repeats, path: string): Promise<void> {
  const rows = [...repeats].map(([hash, count]) => `(${quoteLiteral(hash)}, ${quoteLiteral(hash)}, ${count}::bigint)`);
  await engine.run(copy(`select * from (values ${rows.join(', ')}) as r(hash, fresh, count)`, path));
}

async function subtract(statements: Statements, subtraction: Subtraction, signal: AbortSignal): Promise<Counts> {
  const { select, taken, rest, repeated, fields } = subtraction;
  const run = async (sql: string): Promise<number> => (await statements.run(sql, [], signal)).rowsChanged;
  const hash = rowHashSql(asStaged(taken.fields, fields));
  await run(`create temp table seen as select *, case when ${taken.atCursor} then ${hash}::uuid end as ${HASH} from (${select})`);
  await run(`create temp table gone as ${goneSql(subtraction)}`);
  await run(copy(sameFields(taken.fields, fields) ? repeatedSql() : rehashedSql(fields), repeated));
  const [before] = await statements.rows('select count(*)::varchar as n from seen', [], signal);
  const removed = await run('delete from seen where rowid in (select row from gone)');
  return {
    seen: Number(before?.['n']),
    repeated: removed,
    staged: await run(copy(`select * exclude (${HASH}) from seen`, rest, typesOf(fields))),
  };
}

/** Fields of a set with the types that their columns have in this file. */
function asStaged(taken: readonly HashedField[], now: readonly HashedField[]): readonly HashedField[] {
  return taken.map((field) => ({ ...field, staged: now.find(({ column }) => column === field.column)?.stage }));
}

const hex = (hash: string): string => `replace(${hash}::varchar, '-', '')`;

const repeatedSql = (): string =>
  `select ${hex('hash')} as hash, ${hex('hash')} as fresh, count from (select hash, count(*) as count from gone group by hash)`;

const rehashedSql = (fields: readonly HashedField[]): string =>
  `select ${hex('hash')} as hash, ${rowHashSql(fields)} as fresh, count(*) as count from gone join seen on seen.rowid = gone.row group by all`;

function goneSql({ taken, earlier }: Subtraction): string {
  const left = earlier.length === 0 ? taken.table : withoutEarlier(taken.table, earlier);
  return `select row, numbered.hash from (
      select rowid as row, ${HASH} as hash, row_number() over (partition by ${HASH} order by rowid) as copy from seen where ${HASH} is not null
    ) as numbered join (select hash::uuid as hash, count from ${left}) as taken on taken.hash = numbered.hash where numbered.copy <= taken.count`;
}

function withoutEarlier(table: string, earlier: readonly string[]): string {
  return `(select hash, sum(count) as count from (
    select hash, count from ${table} union all select hash, -count from read_parquet(${quoteList(earlier)})) group by hash)`;
}

const copy = (select: string, path: string, types: readonly string[] = []): string =>
  `copy (${select}) to ${quoteLiteral(path)} (${parquetOptions(types)})`;

const typesOf = (fields: readonly HashedField[]): readonly string[] => fields.map(({ stage }) => stage);

/** Whether two rows have the same hash by both. */
export function sameFields(a: readonly BoundaryField[], b: readonly BoundaryField[]): boolean {
  const text = (fields: readonly BoundaryField[]): string => JSON.stringify(fields.map(({ name, stage }) => [name, stage]));
  return text(a) === text(b);
}

/** I7: extracted = repeated + staged. @throws MillraceError `load.count_mismatch` */
export function requireCounts(stream: string, { seen, repeated, staged }: Counts): void {
  if (seen === repeated + staged) return;
  throw new MillraceError('load.count_mismatch', {
    detail: `${seen} rows of ${stream} were extracted, of which ${repeated} had been read before and ${staged} were staged.`,
    stream,
  });
}
