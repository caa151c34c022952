import type { Knex } from 'knex';
import type { WorkerProcessRow } from '../../platform/db/rows.js';
import { ALIVE_FOR } from '../../platform/db/worker-processes.js';
import { Recent } from '../engine/recent.js';
import { type Poller, type TaskQueueView, describeTaskQueue } from '../engine/task-queue.js';
import type { TemporalLink } from '../engine/temporal-link.js';
import { wholePage, type Page } from '../http/pagination.js';
import type { WorkerView } from './worker-schemas.js';

const SHARED_FOR_MS = 1_000;

/** Who works for this installation: by Temporal, which knows who polls, and by what workers tell of themselves. */
export class WorkerService {
  readonly #queue: Recent<TaskQueueView>;

  constructor(
    private readonly db: Knex,
    private readonly link: TemporalLink,
  ) {
    this.#queue = new Recent(() => describeTaskQueue(link), SHARED_FOR_MS);
  }

  /** @throws MillraceError `engine.unavailable` */
  async list(): Promise<Page<WorkerView>> {
    const [{ pollers }, processes] = await Promise.all([this.#queue.get(), this.processes()]);
    const identities = new Set([...pollers, ...processes].map(({ identity }) => identity));
    return wholePage(
      [...identities].sort().map((identity) =>
        workerView(
          identity,
          pollers.filter((poller) => poller.identity === identity),
          processes.find((process) => process.identity === identity),
        ),
      ),
    );
  }

  /** Undefined when Temporal does not answer. */
  async taskQueue(): Promise<TaskQueueView | undefined> {
    return this.#queue.get().catch(() => undefined);
  }

  /** Those that are alive. */
  async processes(): Promise<readonly WorkerProcessRow[]> {
    return this.db<WorkerProcessRow>('worker_processes')
      .where({ task_queue: this.link.taskQueue })
      .whereRaw('seen_at > now() - ?::interval', [ALIVE_FOR])
      .orderBy('identity');
  }
}

function workerView(identity: string, pollers: readonly Poller[], process: WorkerProcessRow | undefined): WorkerView {
  const accesses = pollers.map(({ lastAccessAt }) => lastAccessAt.getTime());
  return {
    identity,
    polls: (['workflow', 'activity'] as const).filter((kind) => pollers.some((poller) => poller.kind === kind)),
    lastAccessAt: accesses.length > 0 ? new Date(Math.max(...accesses)).toISOString() : null,
    version: process?.version ?? null,
    startedAt: process?.started_at.toISOString() ?? null,
    memoryBytes: process ? Number(process.memory_bytes) : null,
  };
}
