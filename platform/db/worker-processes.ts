import type { Knex } from 'knex';
import type { WorkerProcess } from './store.js';

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
  };
  await db('worker_processes').insert(row).onConflict('identity').merge();
  await db('worker_processes').whereRaw('seen_at < now() - ?::interval', [FORGET_AFTER]).delete();
}

export async function removeWorker(db: Knex, identity: string): Promise<void> {
  await db('worker_processes').where({ identity }).delete();
}
