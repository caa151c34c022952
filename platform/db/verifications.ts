import type { Knex } from 'knex';
import type { Verification } from '../../schema/verification.js';
import type { RunStreamRow, VerificationRow } from './rows.js';
import type { VerificationEnd } from './store.js';

/** A row of the stream is there as a rule; where metadata was away while it loaded, the run's end completes it. */
export async function recordRunVerification(
  db: Knex,
  { runId, stream, found }: { readonly runId: string; readonly stream: string; readonly found: Verification },
): Promise<void> {
  const verification = JSON.stringify(found);
  await db<RunStreamRow>('run_streams')
    .insert({ run_id: runId, name: stream, step: 'verify', status: 'running', verification } as never)
    .onConflict(['run_id', 'name'])
    .merge({ verification } as never);
}

/** Streams are compared side by side: each adds its own result. */
export async function recordVerification(
  db: Knex,
  { id, stream, found }: { readonly id: string; readonly stream: string; readonly found: Verification },
): Promise<void> {
  await db('verifications')
    .where({ id })
    .update({ results: db.raw('results || ?::jsonb', [JSON.stringify({ [stream]: found })]), run_active: activeMeanwhile(db) });
}

export async function endVerification(db: Knex, id: string, { cancelled, errors }: VerificationEnd): Promise<void> {
  const status = cancelled ? 'cancelled' : Object.keys(errors).length > 0 ? 'failed' : 'succeeded';
  await db<VerificationRow>('verifications')
    .where({ id })
    .update({ status, errors: JSON.stringify(errors), ended_at: new Date(), run_active: activeMeanwhile(db) } as never);
}

/** Whether a run of the connection is active, or was since the comparison was asked for. */
function activeMeanwhile(db: Knex): Knex.Raw {
  return db.raw(`verifications.run_active or exists (select 1 from runs where runs.connection_id = verifications.connection_id
    and runs.started_at is not null and (runs.ended_at is null or runs.ended_at >= verifications.created_at))`);
}
