import { setTimeout as wait } from 'node:timers/promises';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Field } from '../../../schema/types.js';
import { cursorType } from '../../sdk/cursor.js';
import type { UpperBound } from '../../sdk/cursor-read.js';
import { largestValue } from './bound-query.js';
import { LACKS_PROCESS, type ServerError, mysqlError } from './errors.js';
import { lookAround } from './look.js';
import type { MysqlRead } from './read.js';
import { ident } from './sql.js';
import { NO_FRESH_LOOK, NO_RIGHT, blindness } from './unproven.js';
import { type Look, type Writer, inWords, stillWriting, writersOf } from './writers.js';

const POLL_MS = 120;
const MAX_POLL_MS = 500;

/**
 * A cursor value is set before its transaction commits, so the largest visible value is no safe bound by itself: rows below
 * it may still be on their way (I4). The bound is taken first, then exactly those who could still write below it are waited
 * for; nobody in flight, the usual case, costs a few queries and no waiting.
 */
export async function upperBound(read: MysqlRead, field: Field): Promise<UpperBound> {
  if (cursorType(field) === undefined) {
    throw new MillraceError('source.cursor_unsupported', {
      detail: `'${field.name}' is ${field.native?.type ?? field.type}.`,
      path: 'cursorField',
    });
  }
  if (read.request.nullCursor === 'error') await refuseNulls(read, field);
  const [row] = await read.session.rows<{ value: string | null }>(largestValue(read, field));
  const value = row?.value ?? null;
  try {
    return await proven(read, value);
  } catch (error) {
    if ((error as ServerError).errno === LACKS_PROCESS) return { value, unproven: NO_RIGHT };
    throw mysqlError(error, `Cannot read ${read.request.stream.name}`);
  }
}

async function refuseNulls(read: MysqlRead, field: Field): Promise<void> {
  const [row] = await read.session.rows(`select 1 as n ${read.from(`${ident(field.name)} is null`)} limit 1`);
  if (row)
    throw new MillraceError('source.null_cursor', {
      detail: `${read.request.stream.name}.${field.name} holds NULL.`,
      stream: read.request.stream.name,
    });
}

async function proven(read: MysqlRead, value: string | null): Promise<UpperBound> {
  const first = await lookAround(read.session);
  if (!first) return { value, unproven: NO_FRESH_LOOK };
  const why = await blindness(read, first.processes);
  const proof = why === undefined ? {} : { unproven: why };
  if (value === null) return { value, ...proof };
  const { look, writers } = await settle(read, first);
  if (writers.length === 0) return { value, ...proof };
  const delayed = `${read.request.stream.name}: rows at or below ${value} may still be written by ${inWords(writers, look)}; they are left for the next run.`;
  return { value: null, delayed, ...proof };
}

/** Waits for the possible writers of the moment, not for later ones, at most `settleMs`. */
async function settle(read: MysqlRead, first: Look): Promise<{ readonly look: Look; readonly writers: readonly Writer[] }> {
  let look = first;
  let writers = writersOf(first);
  const deadline = Date.now() + read.request.settleMs;
  for (let pause = POLL_MS; writers.length > 0 && Date.now() < deadline; pause = Math.min(2 * pause, MAX_POLL_MS)) {
    await wait(Math.min(pause, deadline - Date.now()));
    const next = await lookAround(read.session);
    if (next) writers = stillWriting(writers, next, first.at);
    look = next ?? look;
  }
  return { look, writers };
}
