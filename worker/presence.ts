import { millraceVersion } from '../platform/config/version.js';
import type { MetadataStore, WorkerProcess } from '../platform/db/store.js';
import type { Stage } from '../stage/store.js';
import { leaveMark, removeMark, requireSharedStage } from './stage-mark.js';

const TELL_EVERY_MS = 10_000;

export interface Presence {
  /** The worker is gone on purpose. */
  end(): Promise<void>;
}

type Store = Pick<MetadataStore, 'recordWorker' | 'removeWorker' | 'otherWorkers'>;
type Worker = Pick<WorkerProcess, 'identity' | 'taskQueue'>;

/**
 * From now on this worker is one of those that work for the task queue.
 * @throws MillraceError `setup.invalid` when its stage is not that of the others, `stage.*`, `engine.no_database`
 */
export async function joinWorkers(store: Store, stage: Stage, worker: Worker): Promise<Presence> {
  const stageMark = await leaveMark(stage, worker.identity);
  const telling = tellAgainAndAgain(store, { ...worker, stageMark });
  const end = async (): Promise<void> => {
    await telling.stop();
    const isForgotten = await store.removeWorker(worker.identity).then(
      () => true,
      () => false,
    );
    if (isForgotten) await removeMark(stage, stageMark); // otherwise the next worker looks for it
  };
  try {
    await telling.first;
    await requireSharedStage(stage, await store.otherWorkers(worker));
  } catch (error) {
    await end();
    throw error;
  }
  return { end };
}

/** Tells the metadata that this process is alive and what it uses; where that fails, it is tried again. */
function tellAgainAndAgain(store: Store, worker: Worker & Pick<WorkerProcess, 'stageMark'>) {
  const facts = { ...worker, version: millraceVersion(), startedAt: new Date(Date.now() - process.uptime() * 1_000) };
  const tell = (): Promise<void> => store.recordWorker({ ...facts, ...usage() }).catch(() => undefined);
  const first = tell();
  let last = first;
  const timer = setInterval(() => (last = tell()), TELL_EVERY_MS);
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    await last;
  };
  return { first, stop };
}

function usage(): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss() };
}
