import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBMaterializedResult } from '@duckdb/node-api';
import { duckDbFailure } from './failure.js';
import { type EngineOptions, engineSettings, statementsAfterOpening } from './settings.js';
import { duckDbSlots } from './slots.js';

/**
 * DuckDB as this project opens it: the same settings everywhere, cancellable statements, values as text.
 * @module
 */

export type Parameter = string | number | boolean | bigint | null;

/** Rows written by `insert`, `update`, `delete`, and by `copy … to`; 0 for anything else. */
export interface RunResult {
  readonly rowsChanged: number;
}

/**
 * An in-memory DuckDB. Statements may run at the same time, each on a connection of its own, two per process
 * (`duckDbSlots`); tables are shared, while temporary tables, transactions and `set session` are not: they need `exclusive`.
 */
export interface Engine extends Statements, AsyncDisposable {
  /** Lends one connection to `work`, for statements that belong together. */
  exclusive<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** Waits for nothing: end or cancel your statements first. Removes what was spilled. */
  close(): Promise<void>;
}

export interface Statements {
  /** @throws the signal's reason when it fires; MillraceError otherwise, see `failureKindOf` */
  run(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<RunResult>;
  /**
   * For small results. 64-bit integers, decimals, uuids, dates and times come as text, other numbers and booleans as
   * themselves, lists as arrays. Cast to VARCHAR in the statement what must be exact: dates of infinity and far years,
   * blobs, floats.
   */
  rows(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<Record<string, unknown>[]>;
}

/** An engine that may read and write files: never for SQL that a user wrote. */
export async function openTrustedEngine(options: EngineOptions): Promise<Engine> {
  const spillDirectory = await mkdtemp(join(options.tempDirectory, 'duckdb-'));
  try {
    const instance = await DuckDBInstance.create(':memory:', engineSettings(options, spillDirectory));
    const engine = new PooledEngine(instance, spillDirectory);
    for (const statement of statementsAfterOpening(options)) await engine.run(statement);
    return engine;
  } catch (error) {
    await rm(spillDirectory, { recursive: true, force: true });
    throw error;
  }
}

class PooledEngine implements Engine {
  readonly #idle: DuckDBConnection[] = [];
  readonly #busy = new Set<DuckDBConnection>();
  #closed = false;

  constructor(
    private readonly instance: DuckDBInstance,
    private readonly spillDirectory: string,
  ) {}

  run(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<RunResult> {
    return this.exclusive((statements) => statements.run(sql, parameters, signal));
  }

  rows(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<Record<string, unknown>[]> {
    return this.exclusive((statements) => statements.rows(sql, parameters, signal));
  }

  async exclusive<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    const connection = this.#idle.pop() ?? (await this.#connect());
    this.#busy.add(connection);
    try {
      return await work(new ConnectionStatements(connection));
    } finally {
      this.#busy.delete(connection);
      if (this.#closed) connection.closeSync();
      else this.#idle.push(connection);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#idle) connection.closeSync();
    for (const connection of this.#busy) connection.interrupt();
    this.instance.closeSync();
    await rm(this.spillDirectory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #connect(): Promise<DuckDBConnection> {
    if (this.#closed) throw duckDbFailure(new Error('the engine is closed'));
    return this.instance.connect();
  }
}

class ConnectionStatements implements Statements {
  constructor(private readonly connection: DuckDBConnection) {}

  async run(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<RunResult> {
    const result = await this.#execute(sql, parameters, signal);
    return { rowsChanged: result.rowsChanged };
  }

  async rows(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<Record<string, unknown>[]> {
    const result = await this.#execute(sql, parameters, signal);
    return result.getRowObjectsJson();
  }

  #execute(sql: string, parameters?: readonly Parameter[], signal?: AbortSignal): Promise<DuckDBMaterializedResult> {
    return duckDbSlots.use(async () => {
      const stop = interruptOnAbort(this.connection, signal);
      try {
        return await this.connection.run(sql, parameters && [...parameters]);
      } catch (error) {
        signal?.throwIfAborted();
        throw duckDbFailure(error);
      } finally {
        stop();
      }
    }, signal);
  }
}

const INTERRUPT_AGAIN_MS = 20;

/** Repeats the interrupt until the statement has ended: one that comes before DuckDB starts on it is forgotten. */
function interruptOnAbort(connection: DuckDBConnection, signal?: AbortSignal): () => void {
  if (!signal) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer = setTimeout(interrupt, INTERRUPT_AGAIN_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearTimeout(timer);
  };
}
