import type { FastifyRequest } from 'fastify';
import { millraceVersion } from '../../platform/config/version.js';
import type { TaskQueueView } from '../engine/task-queue.js';
import type { OverviewService } from '../overview/overview-service.js';
import type { WorkerService } from '../workers/worker-service.js';
import { boundedDurations, boundedRuns, boundedStreams, namedConnections } from './bounded.js';
import type { MetricStore } from './metric-store.js';
import { openMetrics, type Samples } from './open-metrics.js';
import { OPEN_STATUSES, durationSamples, runSamples, streamSamples } from './samples.js';
import type { Scrape, ScrapeAccess } from './scrape-access.js';

interface Parts {
  readonly access: ScrapeAccess;
  readonly overview: Pick<OverviewService, 'healthCounts'>;
  readonly workers: Pick<WorkerService, 'taskQueue' | 'processes'>;
}

/** What is true now, counted when somebody asks. */
export class MetricService {
  constructor(
    private readonly store: MetricStore,
    private readonly parts: Parts,
  ) {}

  /** @throws MillraceError `request.unauthenticated`, `request.forbidden` */
  async exposition(request: Pick<FastifyRequest, 'headers' | 'ip'>): Promise<string> {
    const scrape = await this.parts.access.of(request);
    const [moved, engine] = await Promise.all([this.moved(scrape), this.engine(scrape)]);
    return openMetrics({ ...moved, ...engine, ...ownProcess() });
  }

  private async moved({ workspaceId }: Scrape): Promise<Samples> {
    const [streams, runs, durations, names] = await Promise.all([
      this.store.streams(workspaceId),
      this.store.runs(workspaceId),
      this.store.durations(workspaceId),
      this.store.names(workspaceId),
    ]);
    const named = namedConnections(names);
    const counted = boundedRuns(runs, named);
    return {
      ...streamSamples(boundedStreams(streams)),
      millrace_runs: runSamples(counted.filter(({ status }) => !OPEN_STATUSES.includes(status))),
      millrace_open_runs: runSamples(counted.filter(({ status }) => OPEN_STATUSES.includes(status))),
      millrace_run_duration_seconds: durationSamples(boundedDurations(durations, named)),
      millrace_connection: names
        .filter(({ id }) => named.has(id))
        .map(({ workspace_id, id, name, source, destination }) => ({
          labels: [workspace_id, id, name, source, destination],
          value: 1,
        })),
    };
  }

  private async engine({ workspaceId }: Scrape): Promise<Samples> {
    const [health, queue, processes] = await Promise.all([
      this.parts.overview.healthCounts(workspaceId),
      this.parts.workers.taskQueue(),
      this.parts.workers.processes(),
    ]);
    const ofProcesses = (value: (process: (typeof processes)[number]) => number | string) =>
      processes.map((process) => ({ labels: [process.identity], value: value(process) }));
    return {
      millrace_connections: health.map(({ workspace, health: label, connections }) => ({
        labels: [workspace, label],
        value: connections,
      })),
      millrace_temporal_up: [{ labels: [], value: queue ? 1 : 0 }],
      ...(queue ? queueSamples(queue) : {}),
      millrace_worker: processes.map(({ identity, version }) => ({ labels: [identity, version], value: 1 })),
      millrace_worker_cpu_seconds: ofProcesses(({ cpu_seconds }) => cpu_seconds),
      millrace_worker_memory_bytes: ofProcesses(({ memory_bytes }) => memory_bytes),
      millrace_worker_start_time_seconds: ofProcesses(({ started_at }) => started_at.getTime() / 1_000),
    };
  }
}

function queueSamples({ backlog, pollers }: TaskQueueView): Samples {
  const kinds = ['workflow', 'activity'] as const;
  const workers = (kind: string): number => new Set(pollers.filter((one) => one.kind === kind).map((one) => one.identity)).size;
  return {
    millrace_task_queue_tasks: kinds.map((kind) => ({ labels: [kind], value: backlog[kind].tasks })),
    millrace_task_queue_oldest_seconds: kinds.map((kind) => ({ labels: [kind], value: backlog[kind].oldestSeconds })),
    millrace_task_queue_workers: kinds.map((kind) => ({ labels: [kind], value: workers(kind) })),
  };
}

function ownProcess(): Samples {
  const { user, system } = process.cpuUsage();
  return {
    millrace_build: [{ labels: [millraceVersion()], value: 1 }],
    process_cpu_seconds: [{ labels: [], value: (user + system) / 1e6 }],
    process_resident_memory_bytes: [{ labels: [], value: process.memoryUsage.rss() }],
    process_start_time_seconds: [{ labels: [], value: Math.round(Date.now() / 1_000 - process.uptime()) }],
  };
}
