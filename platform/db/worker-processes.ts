import type { Knex } from 'knex';
import type { MarkedWorker, WorkerProcess } from './store.js';

/** A worker that has told nothing for so long has ended; six times as long as it is silent by itself. */
export const ALIVE_FOR = '1 minute';
/** Nobody looks for a worker that was killed so long ago. */
const FORGET_AFTER = '1 day';

/** A worker process tells that it is alive, and what it uses. */
export async function recordWorker(db: Knex, worker: WorkerProcess): Promise<void> {
  const row = {
    identity: worker.identity,
    task_queue: worker.taskQueue,
    version: worker.version,
    started_at: worker.startedAt,
    seen_at: db.fn.now(),
    cpu_seconds: worker.cpuSeconds,
    memory_bytes: worker.memoryBytes,
    stage_mark: JSON.stringify(worker.stageMark),
  };
  await db('worker_processes').insert(row).onConflict('identity').merge();
  await db('worker_processes').whereRaw('seen_at < now() - ?::interval', [FORGET_AFTER]).delete();
}

export async function removeWorker(db: Knex, identity: string): Promise<void> {
  await db('worker_processes').where({ identity }).delete();
}

/** Other workers of the same task queue that are alive. */
export async function otherWorkers(
  db: Knex,
  { identity, taskQueue }: Pick<WorkerProcess, 'identity' | 'taskQueue'>,
): Promise<readonly MarkedWorker[]> {
  return db('worker_processes')
    .where({ task_queue: taskQueue })
    .whereNot({ identity })
    .whereNotNull('stage_mark')
    .whereRaw('seen_at > now() - ?::interval', [ALIVE_FOR])
    .select('identity', { mark: 'stage_mark' });
}
