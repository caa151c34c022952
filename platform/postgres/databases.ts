import pg from 'pg';
import { MillraceError } from '../errors/error.js';
import type { ServerProcess } from '../process/child.js';
import { until } from '../process/wait.js';

/** A server that was killed replays its log first, which may take a while. */
const START_TIMEOUT_MS = 180_000;
const PATIENCE_MS = 4_000;
const WRONG_PASSWORD = '28P01';

/** @throws MillraceError `setup.unavailable` when the server ends or does not answer in time */
export async function waitUntilReady(url: string, server: ServerProcess, say: (line: string) => void): Promise<void> {
  const patience = setTimeout(() => say('Postgres is replaying its log after a crash …'), PATIENCE_MS);
  try {
    const ready = await until(async () => server.hasEnded() || (await answers(url)), { timeoutMs: START_TIMEOUT_MS });
    if (server.hasEnded()) throw new MillraceError('setup.unavailable', { detail: await server.ended });
    if (!ready) throw new MillraceError('setup.unavailable', { detail: 'Postgres does not answer.' });
  } finally {
    clearTimeout(patience);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    await query(url, 'select 1');
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === WRONG_PASSWORD) throw passwordRefused(error);
    return false;
  }
}

/** Creates those of `names` that are missing. */
export async function ensureDatabases(url: string, names: readonly string[]): Promise<void> {
  const existing = await query(url, 'select datname from pg_database');
  const known = new Set(existing.map((row) => row['datname']));
  for (const name of names.filter((wanted) => !known.has(wanted))) {
    await query(url, `create database ${pg.escapeIdentifier(name)}`);
  }
}

async function query(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the call in flight reports it
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function passwordRefused(cause: unknown): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: 'The embedded Postgres refuses the password in postgres-password.',
    suggestion: 'Put the right file back, or remove the whole folder to begin anew.',
    cause,
  });
}
