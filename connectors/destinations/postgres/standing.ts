import { postgresError } from '../../postgres/errors.js';
import { type Session, openSession } from '../../postgres/session.js';
import type { LoadedSlice, Standing } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { hasLedger, lastPositions } from './ledger.js';

type Context = ConnectorContext<PostgresDestinationConfig>;

/** Where a connection's feeds stand, for a workflow that was lost. */
export async function standing(context: Context, connectionId: string): Promise<Standing> {
  return fromLedger(context, { epoch: 0, ledger: [] }, async (session) => {
    const [held] = await session.rows<{ epoch: string }>(`select epoch::text from _millrace.connections where connection = $1`, [
      connectionId,
    ]);
    return { epoch: Number(held?.epoch ?? 0), ledger: await lastPositions(session, { connectionId, track: 'live' }) };
  });
}

export async function slicesOfRun(context: Context, connectionId: string, run: number): Promise<readonly LoadedSlice[]> {
  return fromLedger(context, [], async (session) => {
    const rows = await session.rows<Record<'feed' | 'lineage' | 'seq' | 'manifest', string>>(
      `select feed, lineage::text, seq::text, manifest from _millrace.ledger where connection = $1 and run = $2 and track = 'live'
       order by feed, lineage, seq`,
      [connectionId, run],
    );
    return rows.map(({ feed, lineage, seq, manifest }) => ({
      feed,
      lineage: Number(lineage),
      seq: Number(seq),
      manifestSha256: manifest,
    }));
  });
}

/** Nothing where there is no ledger yet. */
export async function fromLedger<T>(context: Context, none: T, read: (session: Session) => Promise<T>): Promise<T> {
  await using session = await openSession(context.config, context);
  try {
    return (await hasLedger(session)) ? await read(session) : none;
  } catch (error) {
    throw postgresError(error, 'Cannot read the ledger');
  }
}
