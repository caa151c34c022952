import type { Knex } from 'knex';
import type { ConnectionRow, StateChangeRow } from '../../platform/db/rows.js';

type Gone = Pick<ConnectionRow, 'id' | 'workspace_id' | 'name'>;

const SYSTEMS = [
  ['sources', 'source_id'],
  ['destinations', 'destination_id'],
] as const;

/**
 * Removes what was deleted before `time`, with its secrets; runs stay. Connections come first: what one of them still uses
 * stays with it.
 * @returns how many rows went
 */
export async function purgeArchived(db: Knex, time: Date): Promise<number> {
  const connections = await db.transaction((tx) => removeConnections(tx, (query) => void query.where('deleted_at', '<', time)));
  let systems = 0;
  for (const [table, column] of SYSTEMS) {
    systems += await db(table)
      .where('deleted_at', '<', time)
      .whereNotExists(db('connections').whereRaw(`connections.${column} = ${table}.id`))
      .delete();
  }
  return connections + systems;
}

/** What is known of them in Temporal is gone already. Their names stay with their runs. */
export async function removeConnections(tx: Knex, which: (query: Knex.QueryBuilder) => void): Promise<number> {
  const gone: readonly Gone[] = await tx('connections').modify(which).delete().returning(['id', 'workspace_id', 'name']);
  if (gone.length > 0)
    await tx('past_connections')
      .insert([...gone])
      .onConflict('id')
      .ignore();
  await tx<StateChangeRow>('state_changes')
    .whereIn(
      'connection_id',
      gone.map(({ id }) => id),
    )
    .delete();
  return gone.length;
}
