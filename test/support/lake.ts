/**
 * What others read of a folder of Parquet files: all that lies there, or what the newest list of files names.
 * @module
 */
import { readdir } from 'node:fs/promises';
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

  /** Names of the table's files. */
  async files(target: Target): Promise<readonly string[]> {
    const names = await readdir(this.folder(target)).catch(() => []);
    return names.filter((name) => name.endsWith('.parquet')).toSorted();
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
