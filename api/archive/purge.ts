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
  const connections = await db.transaction(async (tx) => {
    const gone: readonly Gone[] = await tx('connections')
      .where('deleted_at', '<', time)
      .delete()
      .returning(['id', 'workspace_id', 'name']);
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
  });
  let systems = 0;
  for (const [table, column] of SYSTEMS) {
    systems += await db(table)
      .where('deleted_at', '<', time)
      .whereNotExists(db('connections').whereRaw(`connections.${column} = ${table}.id`))
      .delete();
  }
  return connections + systems;
}
