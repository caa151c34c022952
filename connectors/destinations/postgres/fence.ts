import { postgresError } from '../../postgres/errors.js';
import { type Session, openSession } from '../../postgres/session.js';
import type { FenceRequest, FenceResult, Outlook } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { boundariesAt, ensureLedger, hasLedger, lastPositions, loadedAs, missingTargets } from './ledger.js';

const LOCK_TIMEOUT = '10s';

/** Raises the connection's epoch and reads where its feeds stand, in one transaction (I9). */
export async function fence(context: ConnectorContext<PostgresDestinationConfig>, request: FenceRequest): Promise<FenceResult> {
  await using session = await openSession(context.config, context);
  try {
    await ensureLedger(session);
    const endedSessions = await endSessions(session, `millrace/${request.connectionId}/`, 3, request.epoch);
    await session.run(`begin; set local lock_timeout = '${LOCK_TIMEOUT}'`);
    const result = await raise(session, request);
    await session.run('commit');
    return result.outcome === 'raised' ? { ...result, endedSessions } : result;
  } catch (error) {
    throw postgresError(error, 'Cannot prepare the destination');
  }
}

async function raise(session: Session, request: FenceRequest): Promise<FenceResult> {
  const raised = await session.run(
    `insert into _millrace.connections as c (connection, epoch, run) values ($1, $2, $3)
     on conflict (connection) do update set epoch = excluded.epoch, run = excluded.run, raised_at = greatest(clock_timestamp(), c.raised_at + interval '1 microsecond') where c.epoch <= excluded.epoch`,
    [request.connectionId, request.epoch, request.run],
  );
  if (raised === 1) return standingOf(session, request);
  const [held] = await session.rows<{ epoch: string }>(`select epoch::text from _millrace.connections where connection = $1`, [
    request.connectionId,
  ]);
  return { outcome: 'refused', epoch: Number(held?.epoch) };
}

async function standingOf(session: Session, request: FenceRequest): Promise<FenceResult> {
  const found = await standings(session, request);
  return { outcome: 'raised', ...found, asOf: await momentOf(session, request.connectionId), endedSessions: 0 };
}

type Asked = Omit<FenceRequest, 'epoch' | 'run'>;

async function standings(session: Session, { connectionId, track, feeds }: Asked): Promise<Omit<Outlook, 'hasLedger'>> {
  const names = feeds.map((feed) => feed.name);
  const live = await lastPositions(session, { connectionId, track: 'live', feeds: names });
  return {
    live,
    track: track === 'live' ? live : await lastPositions(session, { connectionId, track, feeds: names }),
    missingTargets: await missingTargets(session, feeds),
    loadedAs: await loadedAs(session, connectionId, feeds),
    boundaries: await boundariesAt(session, connectionId, feeds),
  };
}

/** What a fence would find; it is not raised, and what is not there is not created. */
export async function outlook(context: ConnectorContext<PostgresDestinationConfig>, request: Asked): Promise<Outlook> {
  await using session = await openSession(context.config, context);
  try {
    await session.run('begin isolation level repeatable read read only');
    if (await hasLedger(session)) return { ...(await standings(session, request)), hasLedger: true };
    const nothing = { live: [], track: [], loadedAs: {}, boundaries: {} };
    return { ...nothing, missingTargets: await missingTargets(session, request.feeds), hasLedger: false };
  } catch (error) {
    throw postgresError(error, 'Cannot look at the destination');
  }
}

async function momentOf(session: Session, connectionId: string): Promise<string> {
  const [row] = await session.rows<{ moment: string }>(
    `select to_char(raised_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as moment from _millrace.connections where connection = $1`,
    [connectionId],
  );
  return row?.moment ?? '';
}

/**
 * Ends sessions of ours whose number at `part` of their name is lower than `below`: a frozen client inside COPY would keep
 * its locks for ever, and no timeout frees them.
 */
export async function endSessions(session: Session, prefix: string, part: number, below: number): Promise<number> {
  const ended = await session.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where starts_with(application_name, $1) and pid <> pg_backend_pid() and usename = current_user
       and split_part(application_name, '/', $2) ~ '^[0-9]+$' and split_part(application_name, '/', $2)::bigint < $3`,
    [prefix, part, below],
  );
  return ended.length;
}
