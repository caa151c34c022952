import type { Knex } from 'knex';
import type { RejectRow } from './rows.js';
import type { RejectRecord } from './store.js';

/** The same reject again changes nothing. */
export async function recordRejects(db: Knex, reject: RejectRecord): Promise<void> {
  await db('rejects')
    .insert({
      id: reject.id,
      workspace_id: reject.workspaceId,
      connection_id: reject.connectionId,
      run_id: reject.runId,
      run_number: reject.runNumber,
      stream: reject.stream,
      track: reject.track,
      lineage: reject.lineage,
      seq: reject.seq,
      rows: reject.rows,
      reasons: JSON.stringify(reject.reasons),
      manifest: JSON.stringify(reject.manifest),
    })
    .onConflict('id')
    .ignore();
}

/** The first run that loaded the rows again is the one that counts. */
export async function markReplayed(db: Knex, id: string, runId: string): Promise<void> {
  await db<RejectRow>('rejects').where({ id, replayed_at: null }).update({ replayed_at: new Date(), replayed_run: runId });
}
