import type { Knex } from 'knex';
import type { StateChange } from '../../workflows/messages.js';
import type { StateChangeRow } from './rows.js';

/** The same revision again changes nothing. */
export async function recordStateChange(db: Knex, connectionId: string, change: StateChange): Promise<void> {
  const { revision, kind, by } = change;
  const row = { connection_id: connectionId, revision, kind, by, feeds: JSON.stringify(change.feeds) };
  await db('state_changes').insert(row).onConflict(['connection_id', 'revision']).ignore();
}

/** Explicit changes of position, newest first: the journal by which they can be undone. */
export async function stateChanges(db: Knex, connectionId: string, limit: number): Promise<readonly StateChange[]> {
  const rows = await db<StateChangeRow>('state_changes')
    .where({ connection_id: connectionId })
    .orderBy('revision', 'desc')
    .limit(limit);
  return rows.map(({ revision, kind, by, feeds }) => ({ revision, kind, by, feeds }));
}
