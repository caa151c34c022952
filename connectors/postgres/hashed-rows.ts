import type { BucketHash, HashedRows, RowHash, RowKey } from '../sdk/hashes.js';
import { postgresError } from './errors.js';
import type { Session } from './session.js';

/** What is hashed, as SQL. */
export interface HashSql {
  /** Quoted relation, or a subquery with its alias. */
  readonly from: string;
  readonly where: string;
  /** Texts of the compared columns, in order. */
  readonly texts: readonly string[];
  /** Texts of the key; none where there is no key. */
  readonly key: readonly string[];
  readonly by: 'key' | 'row';
}

/** What a NULL counts as: nothing would hide a value that became one. */
const NULL_HASH = 1;
const PAGE_ROWS = 5_000;
/** No table of a user has it. */
const KEY_HASH = '"_millrace_key_hash"';

/**
 * A table as hashes that Postgres makes itself: 64 bits of each value's text, with the hash of the row's key as seed, so
 * that values which changed places are noticed. Sums of them do not depend on the order of rows. Everything is read from one
 * snapshot of a session that it owns.
 */
export class PostgresHashedRows implements HashedRows {
  #fetches = 0;

  protected constructor(
    protected readonly session: Session,
    protected readonly sql: HashSql,
    readonly form: string,
  ) {}

  /** The session is in its snapshot from here on. @returns how this server's values print */
  static async begin(session: Session): Promise<string> {
    await session.run('begin isolation level repeatable read read only');
    const [row] = await session.rows<{ encoding: string }>(`select current_setting('server_encoding') as encoding`);
    return `postgres/${row?.encoding ?? ''}`;
  }

  async estimate(): Promise<number> {
    const [row] = await this.query<{ 'QUERY PLAN': string }>(`explain (format json) select 1 from ${this.#rows()}`);
    const [explained] = JSON.parse(row?.['QUERY PLAN'] ?? '[]') as { Plan: { 'Plan Rows': number } }[];
    return explained?.Plan['Plan Rows'] ?? 0;
  }

  async count(): Promise<number> {
    const [row] = await this.query<{ rows: string }>(`select count(*)::text as rows from ${this.#rows()}`);
    return Number(row?.rows);
  }

  async buckets(buckets: number): Promise<readonly BucketHash[]> {
    const sums = this.sql.by === 'row' ? ['sum(h)'] : ['sum(h)', ...this.#columns().map((column) => `sum(${column})`)];
    const rows = await this.query<Record<'bucket' | 'rows' | 'digest', string>>(
      `select (h & ${buckets - 1})::text as bucket, count(*)::text as rows, md5(row(${sums.join(', ')})::text) as digest
       from ${this.#hashed()} group by h & ${buckets - 1}`,
    );
    return rows.map(({ bucket, rows: count, digest }) => ({ bucket: Number(bucket), rows: Number(count), digest }));
  }

  rows(buckets: number, only: readonly number[]): AsyncIterable<readonly RowHash[]> {
    const where = `h & ${buckets - 1} = any('{${only.join(',')}}'::bigint[])`;
    const fields = this.#columns().join(', ');
    const select =
      this.sql.by === 'row'
        ? `select h::text, min(k) as k, count(*)::text as n, '{}' as f from ${this.#hashed()} where ${where} group by r.h order by r.h`
        : `select h::text, k, '1' as n, array[${fields}]::bigint[]::text as f from ${this.#hashed()} where ${where} order by r.h, r.k collate "C", 4`;
    return this.#pages(select);
  }

  async rowsOf(keys: readonly RowKey[]): Promise<readonly RowHash[]> {
    const { key, where, texts } = this.sql;
    if (key.length === 0) return [];
    const hashed = hashedSql({ ...this.sql, by: 'key', where: `(${where}) and ${keyJson(key)} = any($1::text[])` });
    const fields = texts.map((_, index) => `c${index}`).join(', ');
    const rows = await this.query<PageRow>(
      `select h::text, k, '1' as n, array[${fields}]::bigint[]::text as f from ${hashed} order by 2, 4`,
      [keys.map((parts) => JSON.stringify(parts))],
    );
    return rows.map(rowHash);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
  }

  /** Keys among those given that exist in rows of `where`. `to_json` prints an array of texts as JavaScript does. */
  protected async existing(keys: readonly RowKey[], where: string): Promise<ReadonlySet<string>> {
    const { from, key } = this.sql;
    if (key.length === 0) return new Set();
    const rows = await this.query<{ k: string }>(
      `select distinct ${keyJson(key)} as k from ${from} where ${where} and ${keyJson(key)} = any($1::text[])`,
      [keys.map((parts) => JSON.stringify(parts))],
    );
    return new Set(rows.map(({ k }) => k));
  }

  protected async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.session.rows<Row>(sql, values).catch((error: unknown) => {
      throw postgresError(error, `Cannot compare ${this.sql.from}`);
    });
  }

  async *#pages(select: string): AsyncIterable<readonly RowHash[]> {
    const cursor = `millrace_rows_${this.#fetches++}`;
    await this.query(`declare ${cursor} no scroll cursor for ${select}`);
    for (;;) {
      const page = await this.query<PageRow>(`fetch ${PAGE_ROWS} from ${cursor}`);
      if (page.length > 0) yield page.map(rowHash);
      if (page.length < PAGE_ROWS) return;
    }
  }

  #columns(): string[] {
    return this.sql.texts.map((_, index) => `c${index}`);
  }

  #rows(): string {
    return `${this.sql.from} where ${this.sql.where}`;
  }

  #hashed(): string {
    return hashedSql(this.sql);
  }
}

/** Rows as `h` (hash of the key or row), `k` (the key as JSON) and `c0`, `c1` … (a hash of each column). */
function hashedSql({ from, where, texts, key, by }: HashSql): string {
  const whole = by === 'row' ? `(row(${texts.join(', ')})::text)` : keyLiteral(key);
  // `offset 0` keeps the planner from computing the hash of the key once more for every column
  const inner = `select ${hashOf(whole, '0')} as ${KEY_HASH}, * from ${from} where ${where} offset 0`;
  const columns =
    by === 'row' ? [] : texts.map((text, index) => `coalesce(${hashOf(`(${text})`, KEY_HASH)}, ${NULL_HASH}) as c${index}`);
  return `(select ${[`${KEY_HASH} as h`, `${keyJson(key)} as k`, ...columns].join(', ')} from (${inner}) as t) as r`;
}

interface PageRow {
  readonly h: string;
  readonly k: string | null;
  readonly n: string;
  readonly f: string;
}

function rowHash({ h, k, n, f }: PageRow): RowHash {
  const fields = f === '{}' ? [] : f.slice(1, -1).split(',');
  return { hash: BigInt(h), key: k === null ? null : (JSON.parse(k) as RowKey), fields, rows: Number(n) };
}

const hashOf = (text: string, seed: string): string => `hashtextextended(${text} collate "C", ${seed})`;

/** Unambiguous whatever the parts hold. */
const keyLiteral = (key: readonly string[]): string =>
  key.length === 1 ? `coalesce(${key[0]}, '')` : `(array[${key.join(', ')}]::text)`;

/** The key of a row as JSON: `to_json` prints an array of texts as JavaScript does. */
export const keyJson = (key: readonly string[]): string =>
  key.length === 0 ? 'null::text' : `to_json(array[${key.join(', ')}])::text`;
