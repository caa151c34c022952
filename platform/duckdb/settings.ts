import { availableParallelism } from 'node:os';
import { quoteLiteral } from './quote.js';

export interface EngineOptions {
  /** An existing folder; the engine spills into one of its own inside it and removes that when it closes. */
  readonly tempDirectory: string;
  /** DuckDB's own account of memory, default 512MB; what exceeds it is spilled. */
  readonly memoryLimit?: string;
  /** Default: the cores of this machine, at most 4. */
  readonly threads?: number;
  /** Default 5GB. */
  readonly maxTempSize?: string;
}

/**
 * DuckDB's defaults are made for a person at a shell: 80 % of the memory, spilling into the working directory, fetching
 * extensions by itself, keeping secrets under the home folder. Insertion order is preserved, because the order of arrival
 * decides between equal cursors. The external file cache is off: it serves blocks of a file that was since replaced.
 */
export function engineSettings(options: EngineOptions, spillDirectory: string): Record<string, string> {
  return {
    threads: String(options.threads ?? Math.min(4, availableParallelism())),
    memory_limit: options.memoryLimit ?? '512MB',
    temp_directory: spillDirectory,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    enable_external_file_cache: 'false',
  };
}

/**
 * Settings that count only when they are made on the open database: `max_temp_directory_size` among the opening options is
 * shown by `current_setting` but not kept to.
 */
export function statementsAfterOpening(options: Omit<EngineOptions, 'tempDirectory'>): readonly string[] {
  return [`set max_temp_directory_size = ${quoteLiteral(options.maxTempSize ?? '5GB')}`, `set global timezone = 'UTC'`];
}
