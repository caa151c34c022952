import type { Engine } from '../../platform/duckdb/engine.js';
import { failureKindOf } from '../../platform/duckdb/failure.js';
import { isMillraceError } from '../../platform/errors/error.js';
import type { JobFailed, OutputColumn } from './protocol.js';

/** A failure of the user's SQL, on its way to the supervising process. */
export class SqlFailure extends Error {
  constructor(readonly result: JobFailed) {
    super(result.detail);
  }
}

const MAX_DETAIL = 800;

/** What the user's SQL gives, as a view. */
export const RESULT = '_millrace_result';
const SHOW_RESULT = `create or replace view ${RESULT} as\n`;

/**
 * Makes `RESULT` of what a user wrote, in an engine that is locked already; nothing is read yet.
 * @throws as `runUserSql`
 */
export async function showResult(engine: Engine, sql: string): Promise<OutputColumn[]> {
  await runUserSql(engine.run(`${SHOW_RESULT}${sql}`));
  const rows = await engine.rows(`describe ${RESULT}`);
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
}

/**
 * Waits for a statement that reads `RESULT`.
 * @throws SqlFailure with DuckDB's message and, where it is known, the place in the user's text
 */
export async function runUserSql<T>(running: Promise<T>): Promise<T> {
  try {
    return await running;
  } catch (error) {
    throw new SqlFailure(describeFailure(error));
  }
}

/** Places are counted in the text that made the view. */
function describeFailure(error: unknown): JobFailed {
  const thrown = duckDbError(error);
  const detail = trim(thrown.message);
  if (isOverLimit(thrown)) return { ok: false, code: 'transform.limit_exceeded', detail };
  if (isMillraceError(error, 'stage.full')) return { ok: false, code: 'stage.full', detail };
  const byteOffset = thrown.position === undefined ? undefined : thrown.position - SHOW_RESULT.length;
  const facts = byteOffset !== undefined && byteOffset >= 0 ? { byteOffset } : {};
  return { ok: false, code: 'transform.failed', detail, facts };
}

interface DuckDbError {
  readonly kind: string;
  readonly message: string;
  readonly position: number | undefined;
}

/** `errors_as_json` is set for the sake of the position. */
function duckDbError(error: unknown): DuckDbError {
  const text = error instanceof Error ? error.message.replace(/^DuckDB: /, '') : String(error);
  const parsed = parseJson(text);
  if (!parsed) return { kind: failureKindOf(error) ?? 'other', message: text, position: undefined };
  const position = parsed['position'] === undefined ? undefined : Number(parsed['position']);
  return {
    kind: String(parsed['exception_type']),
    message: `${String(parsed['exception_type'])} error: ${String(parsed['exception_message'])}`,
    position,
  };
}

function parseJson(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function isOverLimit(thrown: DuckDbError): boolean {
  return /^(Out of Memory|out_of_memory)$/i.test(thrown.kind) || /max_temp_directory_size/.test(thrown.message);
}

/** Without the advice about settings that a transform cannot change. */
function trim(message: string): string {
  const text = message.split(/\n+(?:Possible solutions|See also|You can adjust)/)[0]?.trim() ?? '';
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text;
}
