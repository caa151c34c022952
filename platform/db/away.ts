import { MillraceError } from '../errors/error.js';

/** Connection failures, an administrator's or a crash's end of the session, a server that starts or has no room. */
const SQLSTATES = /^(08...|57P0[123]|53300)$/;
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/** Of `pg` and knex, which give these no code; knex puts the statement before them. */
const MESSAGES =
  /(^| - )(Connection terminated|Client has encountered a connection error|timeout expired|Knex: Timeout acquiring a connection)/;

/** Whether a statement failed because the database cannot be reached, not because of what it says. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return SQLSTATES.test(code) || NETWORK.has(code) || MESSAGES.test(error.message);
}

export function databaseAway(cause: unknown): MillraceError {
  return new MillraceError('engine.no_database', { detail: 'The metadata database does not answer.', cause });
}

/** @throws MillraceError `engine.no_database` when the work fails for want of the database; whatever else it throws, unchanged */
export async function askDatabase<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDatabaseAway(error) ? databaseAway(error) : error;
  }
}
