import { join } from 'node:path';
import type { BucketHash, HashedRows, RowHash, RowKey } from '../connectors/sdk/hashes.js';
import type { SegmentFile, StagedColumn } from '../connectors/sdk/destination.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { quoteIdentifier, quoteList, quoteLiteral } from '../platform/duckdb/quote.js';
import { stagedForm } from './canonical.js';

export interface StagedRowsOptions {
  readonly engine: Engine;
  /** Parquet files in the order in which their rows arrived. */
  readonly segments: readonly SegmentFile[];
  /** Names of the compared fields. */
  readonly fields: readonly string[];
  readonly key: readonly string[];
  readonly by: 'key' | 'row';
  /** Of rows with the same key only the one that a merge keeps: the newest by this field, then the last that arrived. */
  readonly newest?: { readonly cursor: string | undefined };
  readonly tempDir: string;
  readonly signal: AbortSignal;
}

const PAGE_ROWS = 5_000;
let serial = 0;

/** Staged files as hashes that DuckDB makes within its memory limit; what it sorts goes to the temp folder. */
export class StagedHashedRows implements HashedRows {
  readonly form = 'duckdb';

  constructor(private readonly options: StagedRowsOptions) {}

  async estimate(): Promise<number> {
    return this.options.segments.reduce((sum, { rows }) => sum + rows, 0);
  }

  async count(): Promise<number> {
    if (!this.options.newest || this.options.segments.length === 0) return this.estimate();
    const [row] = await this.#query(`select count(*)::VARCHAR as n from ${this.#hashed()}`);
    return Number(row?.['n']);
  }

  async buckets(buckets: number): Promise<readonly BucketHash[]> {
    if (this.options.segments.length === 0) return [];
    const sums = ['h', ...this.#columns()].map((column) => `sum(${column})::VARCHAR`);
    const rows = await this.#query(
      `select (h & ${buckets - 1})::VARCHAR as bucket, count(*)::VARCHAR as n, md5(concat_ws(',', ${sums.join(', ')})) as digest
       from ${this.#hashed()} group by 1`,
    );
    return rows.map((row) => ({ bucket: Number(row['bucket']), rows: Number(row['n']), digest: String(row['digest']) }));
  }

  async *rows(buckets: number, only: readonly number[]): AsyncIterable<readonly RowHash[]> {
    if (this.options.segments.length === 0) return;
    const sorted = join(this.options.tempDir, `hashes-${serial++}.parquet`);
    const hashes = `concat_ws(',', ${["''", ...this.#columns()].join(', ')})`;
    const select =
      this.options.by === 'row'
        ? `select h, min(k) as k, count(*) as n, '' as f from ${this.#hashed()} where h & ${buckets - 1} in (${only.join(', ')}) group by h`
        : `select h, k, 1 as n, ${hashes} as f from ${this.#hashed()} where h & ${buckets - 1} in (${only.join(', ')})`;
    const numbered = `select row_number() over (order by h, k, f) as place, h::VARCHAR as h, k, n, f from (${select}) order by place`;
    await this.options.engine.run(
      `copy (${numbered}) to ${quoteLiteral(sorted)} (format parquet, row_group_size ${PAGE_ROWS})`,
      [],
      this.options.signal,
    );
    for (let at = 0; ; at += PAGE_ROWS) {
      const page = await this.#query(
        `select h, k, n::VARCHAR as n, f from read_parquet(${quoteLiteral(sorted)}) where place > ${at} and place <= ${at + PAGE_ROWS} order by place`,
      );
      if (page.length > 0) yield page.map(rowHash);
      if (page.length < PAGE_ROWS) return;
    }
  }

  async rowsOf(keys: readonly RowKey[]): Promise<readonly RowHash[]> {
    if (this.options.segments.length === 0 || this.options.key.length === 0) return [];
    const hashes = `concat_ws(',', ${["''", ...this.options.fields.map((_, index) => `c${index}`)].join(', ')})`;
    const rows = await this.#query(
      `select h::VARCHAR as h, k, '1' as n, ${hashes} as f from ${this.#hashed('key')} where ${isOneOf('k', keys)} order by k, f`,
    );
    return rows.map(rowHash);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // its files lie in the caller's temp folder
  }

  #query(sql: string): Promise<Record<string, unknown>[]> {
    return this.options.engine.rows(sql, [], this.options.signal);
  }

  #columns(): string[] {
    return this.options.by === 'row' ? [] : this.options.fields.map((_, index) => `c${index}`);
  }

  /** Rows as `h`, `k` and `c0`, `c1` …, like those that a server makes. */
  #hashed(by = this.options.by): string {
    const { fields } = this.options;
    const values = fields.map((_, index) => `v${index}`);
    const hash = by === 'row' ? `hash(${['0', ...values].join(', ')})` : `hash(k)`;
    const inner = `select ${hash} as h, k, ${values.join(', ') || 'null as nothing'} from (${this.#rows()})`;
    const columns = by === 'row' ? [] : fields.map((_, index) => `hash(v${index}, h) as c${index}`);
    return `(select ${['h', 'k', ...columns].join(', ')} from (${inner}))`;
  }

  #rows(): string {
    const { newest } = this.options;
    if (!newest)
      return groupsOf(this.options.segments)
        .map((group) => this.#select(group))
        .join(' union all ');
    const arrived = this.options.segments.map((segment, file) => this.#select([segment], file)).join(' union all ');
    const order = newest.cursor === undefined ? '' : 'o desc nulls last, ';
    return `select * from (${arrived}) qualify row_number() over (partition by k order by ${order}file desc, line desc) = 1`;
  }

  /** Files whose columns have the same types. */
  #select(segments: readonly SegmentFile[], file?: number): string {
    const { fields, key, newest } = this.options;
    const columns = segments[0]?.columns ?? [];
    const formOf = (name: string): string => formIn(columns, name);
    const values = fields.map((name, index) => `${formOf(name)} as v${index}`);
    const k = keySql(columns, key);
    const arrival = file === undefined ? [] : [`${file} as file`, 'row_number() over () as line'];
    const cursor = columns.find(({ name }) => name === newest?.cursor);
    const order = file === undefined ? [] : [`${cursor ? orderOf(cursor) : 'null'} as o`];
    const paths = quoteList(segments.map(({ path }) => path));
    return `select ${[`${k} as k`, ...values, ...order, ...arrival].join(', ')} from read_parquet(${paths}) as s`;
  }
}

/** The key of a row `s` as JSON. */
export function keySql(columns: readonly StagedColumn[], key: readonly string[]): string {
  const parts = key.map((name) => formIn(columns, name));
  return key.length === 0 ? 'null::VARCHAR' : `to_json([${parts.join(', ')}])::VARCHAR`;
}

/** JSON is written once more, so that the same key has the same text, however it was escaped. */
export const isOneOf = (k: string, keys: readonly RowKey[]): string =>
  `${k} in (select json(unnest(${quoteList(keys.map((key) => JSON.stringify(key)))}))::VARCHAR)`;

/** The compared text of one column of a row `s`. */
export function formIn(columns: readonly StagedColumn[], name: string): string {
  const column = columns.find((candidate) => candidate.name === name);
  return column ? stagedForm(`s.${quoteIdentifier(column.column)}`, column) : 'null::VARCHAR';
}

/** Decimals without a declared scale are staged as text, which has another order. */
function orderOf({ column, stage, type }: StagedColumn): string {
  const reference = `s.${quoteIdentifier(column)}`;
  return stage === 'VARCHAR' && type === 'numeric' ? `try_cast(${reference} as DOUBLE)` : reference;
}

function groupsOf(segments: readonly SegmentFile[]): readonly (readonly SegmentFile[])[] {
  const groups = new Map<string, SegmentFile[]>();
  for (const segment of segments) {
    const stages = JSON.stringify(segment.columns.map(({ stage }) => stage));
    groups.set(stages, [...(groups.get(stages) ?? []), segment]);
  }
  return [...groups.values()];
}

function rowHash(row: Record<string, unknown>): RowHash {
  const key = row['k'] === null ? null : (JSON.parse(String(row['k'])) as (string | null)[]);
  return { hash: BigInt(String(row['h'])), key, fields: String(row['f']).split(',').slice(1), rows: Number(row['n']) };
}
