import type { Knex } from 'knex';
import { redactText } from '../logger/redact.js';
import type { RunLogRow } from './rows.js';
import type { RunLogLine } from './store.js';

/** A run of any length keeps so many lines, and this many warnings and errors more. */
export const MAX_RUN_LINES = 5_000;
const MAX_MORE_WARNINGS = 1_000;
export const MAX_TEXT_LENGTH = 2_000;

const WRITE_AFTER_MS = 200;
const WRITE_AGAIN_AFTER_MS = 5_000;
/** What waits while the database is away. */
const MAX_WAITING = 10_000;

type Line = Pick<RunLogRow, 'workspace_id' | 'run_id' | 'at' | 'level' | 'step' | 'stream' | 'text'>;

/** Keeps lines of runs where people look, a few moments later: no step waits for them, and none fails with them. */
export class RunLogWriter {
  #waiting: Line[] = [];
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly db: Knex) {}

  add(line: RunLogLine): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(rowOf(line));
    this.#writeIn(WRITE_AFTER_MS);
  }

  /** Resolves when everything that was added is written or could not be; never rejects. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  /** As `flush`, for the last time. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
  }

  #writeIn(ms: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), ms);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    if (lines.length === 0) return;
    this.#waiting = [];
    await insertLines(this.db, lines).catch(async () => {
      for (const ofRun of byRun(lines).values()) await this.#writeRun(ofRun); // one run's lines keep no other's back
    });
  }

  async #writeRun(lines: readonly Line[]): Promise<void> {
    await insertLines(this.db, lines).catch(() => {
      this.#waiting.unshift(...lines.slice(0, MAX_WAITING - this.#waiting.length));
      this.#writeIn(WRITE_AGAIN_AFTER_MS);
    });
  }
}

function rowOf({ workspaceId, runId, level, step, stream, text }: RunLogLine): Line {
  const masked = redactText(text).replaceAll('\0', '').slice(0, MAX_TEXT_LENGTH);
  return { workspace_id: workspaceId, run_id: runId, at: new Date(), level, step, stream: stream ?? null, text: masked };
}

function byRun(lines: readonly Line[]): ReadonlyMap<string, Line[]> {
  const runs = new Map<string, Line[]>();
  for (const line of lines) {
    const ofRun = runs.get(line.run_id) ?? [];
    ofRun.push(line);
    runs.set(line.run_id, ofRun);
  }
  return runs;
}

/** A statement may have 65,535 values. */
const LINES_PER_STATEMENT = 1_000;

/** A process that is frozen between two statements keeps others from writing lines of the run, and the run from ending. */
const LONGEST_PAUSE = '5s';

/** Lines of a run are numbered and committed one writer after the other, so that who reads on by number misses none. */
async function insertLines(db: Knex, lines: readonly Line[]): Promise<void> {
  const runs = byRun(lines);
  const ids = [...runs.keys()].toSorted(); // every writer locks in this order
  await db.transaction(async (tx) => {
    await tx.raw(
      `select set_config('idle_in_transaction_session_timeout', ?, true), pg_advisory_xact_lock(hashtextextended('run-log/' || id, 0))
       from unnest(?::text[]) as id`,
      [LONGEST_PAUSE, ids],
    );
    const counts = tx('run_logs').select('run_id').whereIn('run_id', ids).groupBy('run_id').count<Stored[]>('* as count');
    const stored = new Map((await counts).map((row) => [row.run_id, Number(row.count)]));
    const kept = ids.flatMap((id) => withinBounds(runs.get(id) ?? [], stored.get(id) ?? 0));
    for (let at = 0; at < kept.length; at += LINES_PER_STATEMENT)
      await tx('run_logs').insert(kept.slice(at, at + LINES_PER_STATEMENT));
  });
}

interface Stored {
  readonly run_id: string;
  readonly count: string;
}

/** Which of the lines a run that has `stored` ones may still keep; where they begin to be left out, one line says so. */
export function withinBounds(lines: readonly Line[], stored: number): readonly Line[] {
  const kept: Line[] = [];
  for (const line of lines) {
    if (stored + kept.length === MAX_RUN_LINES) kept.push({ ...line, level: 'warn', stream: null, text: FULL });
    const isWarning = line.level === 'warn' || line.level === 'error';
    const limit = isWarning ? MAX_RUN_LINES + MAX_MORE_WARNINGS : MAX_RUN_LINES;
    if (stored + kept.length < limit) kept.push(line);
  }
  return kept;
}

const FULL = `The log of this run is full (${MAX_RUN_LINES} lines): from here on it keeps warnings and errors only.`;
