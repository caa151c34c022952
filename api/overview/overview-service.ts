import type { Principal } from '../auth/principal.js';
import { Recent } from '../engine/recent.js';
import { type ListedSchedule, listSchedules } from '../engine/schedule-list.js';
import type { TaskQueueView } from '../engine/task-queue.js';
import type { TemporalLink } from '../engine/temporal-link.js';
import { runSummaryView, type LinkOf } from '../runs/run-view.js';
import type { WorkerService } from '../workers/worker-service.js';
import { HEALTHS, type Health, type Vitals, healthOf, isLate } from './health.js';
import { MOST_LISTED, type OverviewView } from './overview-schemas.js';
import type { ConnectionVitals, OverviewStore } from './overview-store.js';

interface Parts {
  readonly link: TemporalLink;
  readonly workers: Pick<WorkerService, 'taskQueue'>;
  readonly linkOf: LinkOf;
  readonly lateAfterMs: number;
}

export interface HealthCount {
  readonly workspace: string;
  readonly health: Health;
  readonly connections: number;
}

const SCHEDULES_LIMIT_MS = 3_000;
const SCHEDULES_SHARED_FOR_MS = 2_000;
const PAGE_SIZE = 500;

type Schedules = ReadonlyMap<string, ListedSchedule>;

/** A connection with what its Schedule says of it. */
interface Judged {
  readonly row: ConnectionVitals;
  readonly schedule: ListedSchedule | undefined;
  readonly late: boolean;
  readonly health: Health;
}

/** Whether something is wrong and whether it moves, for a first screen. */
export class OverviewService {
  readonly #schedules: Recent<Schedules>;

  constructor(
    private readonly store: OverviewStore,
    private readonly parts: Parts,
  ) {
    this.#schedules = new Recent(() => allSchedules(parts.link), SCHEDULES_SHARED_FOR_MS);
  }

  async overview({ workspaceId }: Principal): Promise<OverviewView> {
    const [{ judged, schedules }, open, queue] = await Promise.all([
      this.judge(workspaceId),
      this.store.openRuns(workspaceId),
      this.parts.workers.taskQueue(),
    ]);
    return {
      connections: countsOf(judged),
      failing: judged
        .filter(({ health }) => health === 'failing')
        .slice(0, MOST_LISTED)
        .map(failingView),
      late: lateOnes(judged),
      nextRuns: schedules ? nextRuns(judged) : null,
      runs: {
        running: open.running,
        queued: open.queued,
        data: open.newest.map((row) => runSummaryView(row, this.parts.linkOf)),
      },
      workers: queue ? new Set(queue.pollers.map(({ identity }) => identity)).size : null,
      taskQueue: queue ? queueView(queue) : null,
    };
  }

  /** Of one workspace, or of each. */
  async healthCounts(workspaceId: string | undefined): Promise<readonly HealthCount[]> {
    const { judged } = await this.judge(workspaceId);
    const workspaces = [...new Set(judged.map(({ row }) => row.workspace_id))];
    return workspaces.flatMap((workspace) =>
      HEALTHS.map((health) => ({
        workspace,
        health,
        connections: judged.filter(({ row, health: found }) => row.workspace_id === workspace && found === health).length,
      })),
    );
  }

  private async judge(
    workspaceId: string | undefined,
  ): Promise<{ readonly judged: readonly Judged[]; readonly schedules: Schedules | undefined }> {
    const [rows, schedules] = await Promise.all([
      this.store.connections(workspaceId),
      this.#schedules.get().catch(() => undefined), // the rest is known without Temporal
    ]);
    const now = { nowMs: Date.now(), lateAfterMs: this.parts.lateAfterMs };
    const judged = rows.map((row): Judged => {
      const schedule = row.scheduled ? schedules?.get(row.id) : undefined;
      const vitals = vitalsOf(row, schedule);
      const late = isLate(vitals, now);
      return { row, schedule, late, health: healthOf(vitals, late) };
    });
    return { judged, schedules };
  }
}

function vitalsOf(row: ConnectionVitals, schedule: ListedSchedule | undefined): Vitals {
  const { newest_created_at: createdAt, newest_ended_at: endedAt } = row;
  return {
    paused: row.paused,
    tripped: row.tripped,
    lastStatus: row.ended_status,
    newest: createdAt ? { createdAt, endedAt } : null,
    lastDueAt: schedule?.lastDueAt,
  };
}

function countsOf(judged: readonly Judged[]): OverviewView['connections'] {
  const count = (health: Health): number => judged.filter((one) => one.health === health).length;
  return {
    total: judged.length,
    ok: count('ok'),
    failing: count('failing'),
    late: count('late'),
    paused: count('paused'),
    neverRun: count('never_run'),
  };
}

function failingView({ row }: Judged): OverviewView['failing'][number] {
  return { connectionId: row.id, name: row.name, runId: row.ended_id, error: row.ended_error, tripped: row.tripped };
}

function lateOnes(judged: readonly Judged[]): OverviewView['late'] {
  return judged
    .flatMap(({ row, schedule, late }) =>
      late && schedule?.lastDueAt
        ? [
            {
              connectionId: row.id,
              name: row.name,
              dueAt: schedule.lastDueAt.toISOString(),
              lastRunAt: row.newest_created_at?.toISOString() ?? null,
            },
          ]
        : [],
    )
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt))
    .slice(0, MOST_LISTED);
}

function nextRuns(judged: readonly Judged[]): NonNullable<OverviewView['nextRuns']> {
  return judged
    .flatMap(({ row, schedule }) =>
      schedule?.nextRunAt && !row.paused ? [{ connectionId: row.id, name: row.name, at: schedule.nextRunAt.toISOString() }] : [],
    )
    .sort((a, b) => a.at.localeCompare(b.at))
    .slice(0, MOST_LISTED);
}

const queueView = ({ name, backlog }: TaskQueueView): OverviewView['taskQueue'] => ({ name, ...backlog });

async function allSchedules(link: TemporalLink): Promise<Schedules> {
  const found = new Map<string, ListedSchedule>();
  await link.call(SCHEDULES_LIMIT_MS, async (client) => {
    for (let next: Uint8Array | undefined; ;) {
      const page = await listSchedules(client, PAGE_SIZE, next);
      for (const schedule of page.schedules) found.set(schedule.connectionId, schedule);
      next = page.next;
      if (!next) return;
    }
  });
  return found;
}
