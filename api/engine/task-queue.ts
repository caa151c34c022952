import type { Client } from '@temporalio/client';
import type { TemporalLink } from './temporal-link.js';
import { dateOf } from './timestamp.js';

export type TaskKind = 'workflow' | 'activity';

/** What polls the task queue, by Temporal. */
export interface Poller {
  readonly identity: string;
  readonly kind: TaskKind;
  readonly lastAccessAt: Date;
}

export interface Backlog {
  /** Tasks that wait for a worker, about. */
  readonly tasks: number;
  /** How long the oldest of them has waited. */
  readonly oldestSeconds: number;
}

export interface TaskQueueView {
  readonly name: string;
  readonly pollers: readonly Poller[];
  readonly backlog: Readonly<Record<TaskKind, Backlog>>;
}

const LIMIT_MS = 2_000;
const NORMAL_QUEUE = 1;
const TYPES = { workflow: 1, activity: 2 } as const;

/** @throws MillraceError `engine.unavailable` */
export async function describeTaskQueue(link: TemporalLink): Promise<TaskQueueView> {
  const [workflow, activity] = await link.call(LIMIT_MS, (client) =>
    Promise.all([half(client, link, 'workflow'), half(client, link, 'activity')]),
  );
  return {
    name: link.taskQueue,
    pollers: [...workflow.pollers, ...activity.pollers],
    backlog: { workflow: workflow.backlog, activity: activity.backlog },
  };
}

interface Half {
  readonly pollers: readonly Poller[];
  readonly backlog: Backlog;
}

async function half(client: Client, { namespace, taskQueue }: TemporalLink, kind: TaskKind): Promise<Half> {
  const { pollers, stats } = await client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue, kind: NORMAL_QUEUE },
    taskQueueType: TYPES[kind],
    reportStats: true,
  });
  return {
    pollers: pollers.map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      kind,
      lastAccessAt: dateOf(lastAccessTime) ?? new Date(0),
    })),
    backlog: {
      tasks: Number(stats?.approximateBacklogCount ?? 0),
      oldestSeconds: Number(stats?.approximateBacklogAge?.seconds ?? 0),
    },
  };
}
