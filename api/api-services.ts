import type { Knex } from 'knex';
import type { Settings } from '../platform/config/settings.js';
import { Installation } from '../platform/db/installation.js';
import { Notices, RUN_ENDED } from '../platform/db/notices.js';
import type { Logger } from '../platform/logger/logger.js';
import type { Secrets } from '../platform/secrets/secrets.js';
import { RestoreWindow } from './archive/archive.js';
import { AuditStore } from './audit/audit-store.js';
import { KeyStore } from './auth/key-store.js';
import { ConnectionIncludes } from './connections/connection-includes.js';
import { ConnectionService } from './connections/connection-service.js';
import { ConnectionStore } from './connections/connection-store.js';
import { PlanService } from './connections/plan-service.js';
import { RebuildService } from './connections/rebuild-service.js';
import { SchemaService } from './connections/schema-service.js';
import { StateService } from './connections/state-service.js';
import { SyncService } from './connections/sync-service.js';
import { OpenApiHolder } from './docs/docs.controller.js';
import { ConnectionEngine } from './engine/connection-engine.js';
import { workflowLinks } from './engine/links.js';
import { Probes } from './engine/probes.js';
import { ScheduleKeeper } from './engine/schedules.js';
import type { SearchAttributes } from './engine/search-attributes.js';
import type { TemporalLink } from './engine/temporal-link.js';
import { ChangeFeed } from './events/change-feed.js';
import { ChangeStore } from './events/change-store.js';
import { EventService } from './events/event-service.js';
import { HealthChecks } from './health/health-checks.js';
import { LogService } from './logs/log-service.js';
import { LogStore } from './logs/log-store.js';
import { MetricService } from './metrics/metric-service.js';
import { MetricStore } from './metrics/metric-store.js';
import { ScrapeAccess } from './metrics/scrape-access.js';
import { OverviewService } from './overview/overview-service.js';
import { OverviewStore } from './overview/overview-store.js';
import { IdempotencyStore } from './idempotency/idempotency-store.js';
import { type RateLimit, RateLimiter } from './limits/rate-limiter.js';
import { PreviewService } from './previews/preview-service.js';
import type { StagedAnswers } from './previews/staged-answers.js';
import type { RejectFiles } from './rejects/reject-files.js';
import { RejectService } from './rejects/reject-service.js';
import { RejectStore } from './rejects/reject-store.js';
import { RunEnds } from './runs/run-ends.js';
import { RunService } from './runs/run-service.js';
import { RunStore } from './runs/run-store.js';
import { ScheduleReconciler } from './schedules/reconciler.js';
import { SealedStore } from './secrets/sealed-store.js';
import { SecretService } from './secrets/secret-service.js';
import { DESTINATION, SOURCE } from './systems/system-kind.js';
import { SystemService } from './systems/system-service.js';
import { SystemStore } from './systems/system-store.js';
import type { UploadFiles } from './uploads/upload-files.js';
import { VerificationService } from './verifications/verification-service.js';
import { VerificationStore } from './verifications/verification-store.js';
import { VerificationWorkflows } from './verifications/verification-workflows.js';
import { WorkerService } from './workers/worker-service.js';
import { WorkspaceService } from './workspaces/workspace-service.js';
import { WorkspaceStore } from './workspaces/workspace-store.js';

export interface ApiParts {
  readonly db: Knex;
  readonly link: TemporalLink;
  readonly attributes: SearchAttributes;
  readonly secrets: Secrets;
  /** How long what was deleted can be restored. */
  readonly restoreWindowMs: number;
  readonly temporalUiUrl: string | undefined;
  readonly workerState: (() => string) | undefined;
  readonly rejectFiles: RejectFiles;
  readonly uploads: UploadFiles;
  readonly answers: StagedAnswers;
  /** Of each key; none when absent. */
  readonly rateLimit?: RateLimit | undefined;
  /** Fires when the server closes, so that nobody waits on. */
  readonly closing: AbortSignal;
  readonly log: Logger;
  readonly watching: WatchSettings;
}

/** Settings of what people watch. */
export type WatchSettings = Pick<Settings, 'lateAfterMs' | 'metricsToken'>;

export interface ApiServices {
  readonly sources: SystemService;
  readonly destinations: SystemService;
  readonly connections: ConnectionService;
  readonly syncs: SyncService;
  readonly state: StateService;
  readonly schemas: SchemaService;
  readonly rebuild: RebuildService;
  readonly plans: PlanService;
  readonly previews: PreviewService;
  readonly runs: RunService;
  readonly notices: Notices;
  readonly rejects: RejectService;
  readonly uploads: UploadFiles;
  readonly verifications: VerificationService;
  readonly reconciler: ScheduleReconciler;
  readonly keys: KeyStore;
  readonly audit: AuditStore;
  readonly idempotency: IdempotencyStore;
  readonly limiter: RateLimiter | undefined;
  readonly health: HealthChecks;
  readonly events: EventService;
  readonly logs: LogService;
  readonly logStore: LogStore;
  readonly metrics: MetricService;
  readonly overview: OverviewService;
  readonly workers: WorkerService;
  readonly secrets: SecretService;
  readonly workspaces: WorkspaceService;
  readonly openApi: OpenApiHolder;
}

/** Everything behind the controllers, put together by hand: what needs what can be read here. */
export function createServices(parts: ApiParts): ApiServices {
  const { db, link, attributes, secrets } = parts;
  const { ring } = secrets;
  const engine = new ConnectionEngine(link, attributes);
  const installation = new Installation(db);
  const schedules = new ScheduleKeeper(link, attributes, () => installation.id());
  const probes = new Probes(link);
  const window = new RestoreWindow(parts.restoreWindowMs);
  const connectionStore = new ConnectionStore(db, window);
  const runStore = new RunStore(db);
  const linkOf = workflowLinks(parts.temporalUiUrl, link.namespace);
  const notices: Notices = new Notices(db, RUN_ENDED, (runId) => ends.told(runId));
  const ends = new RunEnds(
    (ids) => runStore.endedOf(ids),
    () => notices.listen(),
  );
  const runs = new RunService(runStore, engine, { linkOf, ends, closing: parts.closing });
  const syncs = new SyncService(connectionStore, { store: runStore, service: runs }, { engine, schedules });
  const reconciler = new ScheduleReconciler({
    db,
    connections: connectionStore,
    keeper: schedules,
    installation: () => installation.id(),
    log: parts.log,
    closing: parts.closing,
  });
  const keys = new KeyStore(db);
  const workers = new WorkerService(db, link);
  const { lateAfterMs, metricsToken } = parts.watching;
  const overview = new OverviewService(new OverviewStore(db), { link, workers, linkOf, lateAfterMs });
  const changes = new ChangeStore(db);
  const logStore = new LogStore(db);
  const watchable = { runs: runStore, connections: connectionStore, linkOf, closing: parts.closing };
  const sources = new SystemService(new SystemStore(db, SOURCE, window), probes, secrets);
  const destinations = new SystemService(new SystemStore(db, DESTINATION, window), probes, secrets);
  const state = new StateService(connectionStore, syncs, runStore, engine);
  const includes = new ConnectionIncludes({ sources, destinations }, runStore, linkOf);
  return {
    sources,
    destinations,
    connections: new ConnectionService(connectionStore, engine, schedules, { ring, includes }),
    syncs,
    state,
    plans: new PlanService(connectionStore, { state, runs: runStore }, { probes, answers: parts.answers }),
    schemas: new SchemaService(connectionStore, db),
    rebuild: new RebuildService(connectionStore, engine, { syncs, reconciler }),
    previews: new PreviewService(connectionStore, probes, parts.answers),
    runs,
    notices,
    rejects: new RejectService(new RejectStore(db), { runs: runStore, connections: connectionStore }, parts.rejectFiles),
    uploads: parts.uploads,
    verifications: new VerificationService(connectionStore, new VerificationStore(db), {
      workflows: new VerificationWorkflows(link),
      linkOf,
      closing: parts.closing,
    }),
    reconciler,
    keys,
    audit: new AuditStore(db),
    idempotency: new IdempotencyStore(db, ring),
    limiter: parts.rateLimit && new RateLimiter(parts.rateLimit),
    health: new HealthChecks(db, link, parts.workerState),
    events: new EventService(changes, new ChangeFeed(changes), watchable),
    logs: new LogService(logStore, runStore),
    logStore,
    metrics: new MetricService(new MetricStore(db), { access: new ScrapeAccess(keys, metricsToken), overview, workers }),
    overview,
    workers,
    secrets: new SecretService(new SealedStore(db, ring), ring),
    workspaces: new WorkspaceService(new WorkspaceStore(db)),
    openApi: new OpenApiHolder(),
  };
}
