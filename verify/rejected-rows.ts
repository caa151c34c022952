import type { RowKey } from '../connectors/sdk/hashes.js';
import type { SegmentFile } from '../connectors/sdk/destination.js';
import type { Engine } from '../platform/duckdb/engine.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import type { Difference } from '../schema/verification.js';
import type { Explain } from './explain.js';
import { keyText } from './judge.js';
import { formIn, isOneOf, keySql } from './staged-rows.js';

export interface RejectedRowsOptions {
  readonly engine: Engine;
  readonly segments: readonly SegmentFile[];
  readonly key: readonly string[];
  /** Where a row may have been loaded since in a newer version: the field that tells versions apart. */
  readonly cursor?: string;
  readonly signal: AbortSignal;
}

const PAGE_KEYS = 5_000;

/** Rows that were kept aside, by their keys; asked in DuckDB, so that any number of them needs no memory. */
export class RejectedRows {
  constructor(private readonly options: RejectedRowsOptions) {}

  /** Whether versions of a row can be told from each other. */
  get hasVersions(): boolean {
    return this.options.cursor !== undefined;
  }

  /** Cursor values of the rejected rows with each of the keys, by JSON of the key. */
  async among(keys: readonly RowKey[]): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
    const rows = keys.length === 0 ? [] : await this.#query(`where ${isOneOf('k', keys)}`);
    const found = new Map<string, (string | null)[]>();
    for (const { k, c } of rows) found.set(k, [...(found.get(k) ?? []), c]);
    return found;
  }

  async *pages(): AsyncIterable<readonly RowKey[]> {
    for (let at = 0; ; at += PAGE_KEYS) {
      const rows = await this.#keys(at);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE_KEYS) return;
    }
  }

  async #keys(at: number): Promise<readonly RowKey[]> {
    const { engine, signal } = this.options;
    const sql = `select distinct k from (${this.#rows()}) order by k limit ${PAGE_KEYS} offset ${at}`;
    return (await engine.rows(sql, [], signal)).map(({ k }) => JSON.parse(String(k)) as RowKey);
  }

  async #query(where: string): Promise<{ readonly k: string; readonly c: string | null }[]> {
    const { engine, signal } = this.options;
    const rows = await engine.rows(`select k, c from (${this.#rows()}) ${where}`, [], signal);
    return rows.map(({ k, c }) => ({ k: JSON.stringify(JSON.parse(String(k))), c: c === null ? null : String(c) }));
  }

  #rows(): string {
    const { segments, key, cursor } = this.options;
    const selects = segments.map(({ path, columns }) => {
      const version = cursor === undefined ? 'null::VARCHAR' : formIn(columns, cursor);
      return `select ${keySql(columns, key)} as k, ${version} as c from read_parquet(${quoteLiteral(path)}) as s`;
    });
    return selects.length === 0 ? `select null::VARCHAR as k, null::VARCHAR as c where false` : selects.join(' union all ');
  }
}

/** The cursor of rows in the source now, by JSON of the key. */
export type Cursors = (keys: readonly RowKey[]) => Promise<ReadonlyMap<string, string | null>>;

/**
 * Rows that the target lacks, or holds in an older version, because they were rejected. A row that the source has changed
 * since it was rejected was read again, so that the target must hold it.
 */
export function rejectedByKey(rejected: Pick<RejectedRows, 'among'>, current?: Cursors): Explain {
  const used = new Map<string, number>();
  return async (differences) => {
    const keys = differences.flatMap(({ kind, key }) => (key !== null && MAY_BE_REJECTED.has(kind) ? [key] : []));
    const known = await rejected.among(keys);
    const cursors = known.size > 0 ? await current?.(keys) : undefined;
    const left = (difference: Difference): number => {
      const id = keyText(difference.key);
      const versions = known.get(id) ?? [];
      const same = cursors ? versions.filter((version) => version === cursors.get(id)) : versions;
      return same.length - (used.get(id) ?? 0);
    };
    return differences.flatMap((difference) => {
      const id = keyText(difference.key);
      const rows = MAY_BE_REJECTED.has(difference.kind) ? Math.min(left(difference), difference.rows ?? 1) : 0;
      if (rows <= 0) return [difference];
      used.set(id, (used.get(id) ?? 0) + rows);
      return split(difference, rows);
    });
  };
}

const MAY_BE_REJECTED: ReadonlySet<Difference['kind']> = new Set(['missing_in_target', 'different']);

function split(difference: Difference, rejected: number): readonly Difference[] {
  const { columns: _, rows = 1, ...rest } = difference;
  const known = { ...rest, kind: 'rejected' as const, ...(rejected > 1 ? { rows: rejected } : {}) };
  return rows > rejected ? [known, { ...difference, rows: rows - rejected }] : [known];
}
