import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import type { ApiServices } from './api-services.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { AuditController } from './audit/audit.controller.js';
import { AuthGuard } from './auth/auth-guard.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { PlanController } from './connections/plan.controller.js';
import { RebuildController } from './connections/rebuild.controller.js';
import { SchemaController } from './connections/schema.controller.js';
import { StateController } from './connections/state.controller.js';
import { SyncsController } from './connections/syncs.controller.js';
import { ConnectorsController } from './connectors/connectors.controller.js';
import { DestinationsController } from './destinations/destinations.controller.js';
import { DocsController } from './docs/docs.controller.js';
import { EventsController } from './events/events.controller.js';
import { HealthController } from './health/health.controller.js';
import { IdempotencyInterceptor } from './idempotency/idempotency-interceptor.js';
import { AnswerInterceptor } from './http/answer.js';
import { ProblemFilter, type ReportFault } from './http/problem-filter.js';
import { createValidationPipe } from './http/validation.js';
import { LogsController } from './logs/logs.controller.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { PreviewsController } from './previews/previews.controller.js';
import { RejectsController } from './rejects/rejects.controller.js';
import { RunsController } from './runs/runs.controller.js';
import { SchedulesController } from './schedules/schedules.controller.js';
import { SecretsController } from './secrets/secrets.controller.js';
import { SourcesController } from './sources/sources.controller.js';
import { UploadsController } from './uploads/uploads.controller.js';
import { VerificationsController } from './verifications/verifications.controller.js';
import { WorkersController } from './workers/workers.controller.js';
import { WorkspacesController } from './workspaces/workspaces.controller.js';
import {
  API_KEYS,
  AUDIT,
  CONNECTIONS,
  DESTINATIONS,
  EVENTS,
  HEALTH,
  LOGS,
  METRICS,
  OPENAPI,
  OVERVIEW,
  PLANS,
  PREVIEWS,
  REBUILD,
  REJECTS,
  RUNS,
  SCHEDULES,
  SCHEMAS,
  SECRETS,
  SOURCES,
  STATE,
  SYNCS,
  UPLOADS,
  VERIFICATIONS,
  WORKERS,
  WORKSPACES,
} from './tokens.js';

const CONTROLLERS = [
  ConnectorsController,
  SourcesController,
  DestinationsController,
  ConnectionsController,
  SyncsController,
  StateController,
  SchemaController,
  PlanController,
  RebuildController,
  PreviewsController,
  RunsController,
  RejectsController,
  UploadsController,
  VerificationsController,
  SchedulesController,
  ApiKeysController,
  EventsController,
  LogsController,
  OverviewController,
  WorkersController,
  MetricsController,
  AuditController,
  SecretsController,
  WorkspacesController,
  HealthController,
  DocsController,
];

@Module({ controllers: CONTROLLERS })
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest wants a class to hang the metadata on
class ApiModule {}

/** Services are made outside (api-services.ts); Nest only routes, guards and maps errors. */
export function apiModule(services: ApiServices, reportFault: ReportFault): DynamicModule {
  return { module: ApiModule, providers: [...named(services), ...crossCutting(services, reportFault)] };
}

function named(services: ApiServices): Provider[] {
  return [
    { provide: SOURCES, useValue: services.sources },
    { provide: DESTINATIONS, useValue: services.destinations },
    { provide: CONNECTIONS, useValue: services.connections },
    { provide: SYNCS, useValue: services.syncs },
    { provide: REBUILD, useValue: services.rebuild },
    { provide: PLANS, useValue: services.plans },
    { provide: PREVIEWS, useValue: services.previews },
    { provide: STATE, useValue: services.state },
    { provide: SCHEMAS, useValue: services.schemas },
    { provide: REJECTS, useValue: services.rejects },
    { provide: UPLOADS, useValue: services.uploads },
    { provide: RUNS, useValue: services.runs },
    { provide: VERIFICATIONS, useValue: services.verifications },
    { provide: SCHEDULES, useValue: services.reconciler },
    { provide: API_KEYS, useValue: services.keys },
    { provide: AUDIT, useValue: services.audit },
    { provide: HEALTH, useValue: services.health },
    { provide: EVENTS, useValue: services.events },
    { provide: LOGS, useValue: services.logs },
    { provide: METRICS, useValue: services.metrics },
    { provide: OVERVIEW, useValue: services.overview },
    { provide: WORKERS, useValue: services.workers },
    { provide: SECRETS, useValue: services.secrets },
    { provide: WORKSPACES, useValue: services.workspaces },
    { provide: OPENAPI, useValue: services.openApi },
  ];
}

function crossCutting({ keys, limiter, idempotency }: ApiServices, reportFault: ReportFault): Provider[] {
  return [
    { provide: APP_FILTER, useValue: new ProblemFilter(reportFault) },
    { provide: APP_GUARD, useFactory: (reflector: Reflector) => new AuthGuard(reflector, keys, limiter), inject: [Reflector] },
    { provide: APP_PIPE, useValue: createValidationPipe() },
    { provide: APP_INTERCEPTOR, useValue: new AnswerInterceptor() },
    { provide: APP_INTERCEPTOR, useValue: new IdempotencyInterceptor(idempotency, reportFault) }, // inside: it keeps answers
  ];
}
