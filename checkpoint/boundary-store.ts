import type { StagedColumn, SegmentFile } from '../connectors/sdk/destination.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { parquetOptions } from '../platform/duckdb/parquet.js';
import { quoteIdentifier, quoteList, quoteLiteral } from '../platform/duckdb/quote.js';
import type { Stage } from '../stage/store.js';
import { MAX_INLINE_HASHES, atCursorSql, boundaryTable, rowHashSql } from './boundary.js';
import type { BoundaryField, BoundarySet } from './position.js';

/** Reads and writes boundary sets; large ones live in the stage and are pinned by the ledger row that names them. */
export interface BoundaryStore {
  readonly engine: Engine;
  readonly stage: Stage;
  readonly tempDir: string;
  /** Where large sets of this feed are kept. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface AtCursor {
  readonly cursor: StagedColumn;
  readonly value: string;
  readonly isDecimal: boolean;
}

/** The set of the rows of staged segments at one cursor value. */
export async function collectBoundary(
  store: BoundaryStore,
  segments: readonly SegmentFile[],
  at: AtCursor,
): Promise<BoundarySet> {
  const columns = segments[0]?.columns ?? [];
  const fields = columns.map(({ name, stage }) => ({ name, stage }));
  const hash = rowHashSql(columns.map((column, index) => ({ ...column, staged: stagedIn(segments, index) ?? column.stage })));
  const where = atCursorSql(at.cursor.column, at.cursor.stage, at.value, at.isDecimal);
  const counts = `select ${hash} as hash, count(*) as count from read_parquet(${quoteList(segments.map((segment) => segment.path))}, union_by_name=true)
    where ${where} group by 1`;
  return keep(store, fields, counts);
}

/** Segments are read as one: a column that is text in one of them is text in all. */
function stagedIn(segments: readonly SegmentFile[], index: number): string | undefined {
  return segments.some(({ columns }) => columns[index]?.stage === 'VARCHAR') ? 'VARCHAR' : undefined;
}

/** The rows of a set that came again, as they are hashed now: columns have come or changed their type since it was taken. */
export function rehashed(
  store: BoundaryStore,
  fields: readonly BoundaryField[],
  repeats: readonly string[],
): Promise<BoundarySet> {
  const counts = `select fresh as hash, sum(count)::bigint as count from read_parquet(${quoteList(repeats)}) group by fresh`;
  return keep(store, fields, counts);
}

/** One multiset of both, which hash the same fields. */
export async function mergeBoundaries(store: BoundaryStore, held: BoundarySet, added: BoundarySet): Promise<BoundarySet> {
  const [a, b] = [boundaryTable(held, await boundaryPath(store, held)), boundaryTable(added, await boundaryPath(store, added))];
  return keep(
    store,
    held.fields,
    `select hash, sum(count)::bigint as count from (select * from ${a} union all select * from ${b}) group by hash`,
  );
}

/** Local path of a large set, contents verified; undefined for one that stands in the ledger row. */
export async function boundaryPath(
  { stage, tempDir }: Pick<BoundaryStore, 'stage' | 'tempDir'>,
  { file }: BoundarySet,
): Promise<string | undefined> {
  return file && stage.verified(file.key, file.sha256, tempDir);
}

async function keep(store: BoundaryStore, fields: readonly BoundaryField[], counts: string): Promise<BoundarySet> {
  const local = `${store.tempDir}/boundary-${crypto.randomUUID()}.parquet`;
  const copy = `copy (${counts} order by hash) to ${quoteLiteral(local)} (${parquetOptions([])})`;
  const { rowsChanged } = await store.engine.run(copy, [], store.signal);
  if (rowsChanged > MAX_INLINE_HASHES) {
    const { key, sha256 } = await store.stage.put(`${store.folder}/${crypto.randomUUID()}.parquet`, local);
    return { algorithm: 'md5-v1', fields, file: { key, sha256, rows: rowsChanged } };
  }
  const rows = await store.engine.rows(
    `select hash, count::integer as count from read_parquet(${quoteLiteral(local)})`,
    [],
    store.signal,
  );
  return {
    algorithm: 'md5-v1',
    fields,
    hashes: Object.fromEntries(rows.map((row) => [String(row['hash']), Number(row['count'])])),
  };
}

/** The largest cursor value of staged segments, as text; undefined when all are NULL. */
export async function largestValue(
  store: BoundaryStore,
  segments: readonly SegmentFile[],
  cursor: StagedColumn,
): Promise<string | undefined> {
  const [row] = await store.engine.rows(
    `select max(${quoteIdentifier(cursor.column)})::varchar as value from read_parquet(${quoteList(segments.map((segment) => segment.path))})`,
    [],
    store.signal,
  );
  const value = row?.['value'];
  return value === null || value === undefined ? undefined : String(value);
}

/** Orders two cursor values as their staged type does. */
export async function compareStaged(engine: Engine, stage: string, a: string, b: string): Promise<number> {
  const [left, right] = [`cast(${quoteLiteral(a)} as ${stage})`, `cast(${quoteLiteral(b)} as ${stage})`];
  const [row] = await engine.rows(
    `select case when ${left} > ${right} then 1 when ${left} < ${right} then -1 else 0 end as answer`,
  );
  return Number(row?.['answer']);
}
