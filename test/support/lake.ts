/**
 * What others read of a folder of Parquet files: all that lies there, or what the newest list of files names.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Engine, openTrustedEngine } from '../../platform/duckdb/engine.js';
import { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
import { part } from '../../connectors/destinations/parquet/layout.js';
import type { Target } from '../../schema/types.js';
import { type TempHome, tempHome } from './temp-home.js';

export type LakeRow = Readonly<Record<string, string | null>>;

export class Lake implements AsyncDisposable {
  private constructor(
    readonly root: string,
    private readonly home: TempHome,
    private readonly engine: Engine,
  ) {}

  /** @param root a folder; one of its own, which is removed, when absent */
  static async open(root?: string): Promise<Lake> {
    const home = await tempHome('lake');
    return new Lake(root ?? join(home.path, 'lake'), home, await openTrustedEngine({ tempDirectory: home.path }));
  }

  get url(): string {
    return pathToFileURL(this.root).href;
  }

  folder({ schema, table }: Target): string {
    return join(this.root, part(schema), part(table));
  }

  /** As a reader of the whole folder sees it. */
  async rows(target: Target): Promise<readonly LakeRow[]> {
    return this.#texts(quoteLiteral(`${this.folder(target)}/*.parquet`), await this.files(target));
  }

  /** As a reader sees it who follows the newest list; the statement stands in the documentation. */
  async listedRows(target: Target): Promise<readonly LakeRow[]> {
    const folder = this.folder(target);
    const [newest] = await this.engine.rows(
      `select arg_max(files, version) as files from read_json(${quoteLiteral(`${folder}/_manifests/*.json`)}, columns = {version: 'BIGINT', files: 'VARCHAR[]'})`,
    );
    const files = newest?.['files'] as readonly string[];
    return this.#texts(`[${files.map((name) => quoteLiteral(join(folder, name))).join(', ')}]`, files);
  }

  /** Rows of some columns as CSV that Postgres reads, in files of their own. @param expression of a column of a type of DuckDB */
  async toCsv(target: Target, columns: readonly string[], expression: (column: string, type: string) => string): Promise<string> {
    const table = `read_parquet(${quoteLiteral(`${this.folder(target)}/*.parquet`)}, union_by_name = true)`;
    const held = await this.engine.rows(`select column_name, column_type from (describe select * from ${table})`);
    const types = new Map(held.map((column) => [String(column['column_name']), String(column['column_type'])]));
    const path = join(this.home.path, `${randomBytes(6).toString('hex')}.csv`);
    const values = columns.map((name) => expression(quoteIdentifier(name), types.get(name) ?? ''));
    await this.engine.run(`copy (select ${values.join(', ')} from ${table}) to ${quoteLiteral(path)} (format csv, header false)`);
    return path;
  }

  /** Names of the table's files. */
  async files(target: Target): Promise<readonly string[]> {
    const names = await readdir(this.folder(target)).catch(() => []);
    return names.filter((name) => name.endsWith('.parquet')).toSorted();
  }

  /** Removes a table as somebody does who looks only at folders. */
  async drop(target: Target): Promise<void> {
    await rm(this.folder(target), { recursive: true });
  }

  /** Puts a file there that Millrace has not made. */
  async put(target: Target, name: string): Promise<void> {
    await mkdir(this.folder(target), { recursive: true });
    await this.engine.run(`copy (select 1 as theirs) to ${quoteLiteral(join(this.folder(target), name))}`);
  }

  /** Every file that is no Parquet, as text. */
  async texts(): Promise<readonly string[]> {
    const paths = await readdir(this.root, { recursive: true });
    return Promise.all(paths.filter((path) => path.endsWith('.json')).map((path) => readFile(join(this.root, path), 'utf8')));
  }

  async #texts(from: string, files: readonly string[]): Promise<readonly LakeRow[]> {
    if (files.length === 0) return [];
    const table = `read_parquet(${from}, union_by_name = true)`;
    const columns = await this.engine.rows(`select column_name from (describe select * from ${table})`);
    const texts = columns
      .map(({ column_name: name }) => quoteIdentifier(String(name)))
      .map((name) => `cast(${name} as varchar) as ${name}`);
    return (await this.engine.rows(`select ${texts.join(', ')} from ${table}`)) as LakeRow[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    await this.home[Symbol.asyncDispose]();
  }
}
