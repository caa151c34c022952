import type { Knex } from 'knex';
import type { RejectRow } from './rows.js';
import type { RejectRecord, RejectSelection, RejectedSlice } from './store.js';

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

/** More than one run should take; asked again it goes on. */
const REPLAYED_AT_ONCE = 10_000;

/** What is named counts even if it was loaded again before: the ledger takes it once. */
export async function rejectsToReplay(
  db: Knex,
  connectionId: string,
  { streams, ids, runId }: RejectSelection,
): Promise<readonly RejectedSlice[]> {
  const rows: readonly RejectRow[] = await db<RejectRow>('rejects')
    .where({ connection_id: connectionId, ...(runId === undefined ? {} : { run_id: runId }) })
    .modify((query) => {
      if (streams) void query.whereIn('stream', [...streams]);
      if (ids) void query.whereIn('id', [...ids]);
      else void query.whereNull('replayed_at');
    })
    .orderBy('id')
    .limit(REPLAYED_AT_ONCE);
  return rows.map(({ id, stream, track, lineage, manifest }) => ({ id, stream, track, lineage: Number(lineage), manifest }));
}
