/**
 * The REST API: NestJS on Fastify. It decides nothing about data: it validates, remembers configuration, and asks
 * workflows.
 * @module
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Knex } from 'knex';
import { loadConnectors } from '../connectors/packages/index.js';
import type { ApiOptions, RunningApi } from '../platform/config/runtime.js';
import { openMetadata } from '../platform/db/open.js';
import { MillraceError } from '../platform/errors/error.js';
import { createLogger, type Logger } from '../platform/logger/logger.js';
import { openSecrets } from '../platform/secrets/secrets.js';
import { openStage } from '../stage/store.js';
import { apiModule } from './api-module.js';
import { purgeArchived } from './archive/purge.js';
import { finishAudits } from './audit/audit-hook.js';
import { createServices, type ApiServices } from './api-services.js';
import { SearchAttributes } from './engine/search-attributes.js';
import { TemporalLink } from './engine/temporal-link.js';
import { sendProblem } from './http/problem-filter.js';
import { acceptJsonOnly, echoRequestId, hangUpWhenClosing, requestId, securityHeaders } from './http/server-hooks.js';
import { sweepForever, type Keeper } from './housekeeping/housekeeping.js';
import { openApiDocument } from './openapi/document.js';
import { StagedAnswers } from './previews/staged-answers.js';
import { RejectFiles } from './rejects/reject-files.js';
import { acceptFiles } from './uploads/binary-body.js';
import { UploadFiles } from './uploads/upload-files.js';
import { UPLOADS_KEPT_MS, UPLOADS_PATH } from './uploads/uploads.controller.js';
import { reconcileForever } from './schedules/reconcile-loop.js';

/** Room for two thousand streams with some SQL each. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** What is kept for a time only goes this often. */
const SWEEP_EVERY_MS = 600_000;

/** Longer than anybody waits for one. */
const ANSWER_KEEP_MS = 600_000;

/** For requests that are under way; none of ours takes longer by itself. */
const CLOSE_GRACE_MS = 8_000;

/** Migrates the database, then listens. Temporal need not be there yet. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const log = createLogger({ level: options.settings.logLevel }).child({ component: 'api' });
  const stage = options.stageUrl === undefined ? undefined : openStage(options.stageUrl, options.settings.home);
  await loadConnectors({ folder: process.cwd(), configured: options.settings.connectors, log });
  const db = await openMetadata(options.databaseUrl);
  const link = temporalLink(options);
  const closing = new AbortController();
  const attributes = new SearchAttributes(link, (message, facts) => log.warn(message, facts));
  const rejectFiles = new RejectFiles(stage);
  const answers = new StagedAnswers(stage);
  const services = createServices({
    db,
    link,
    attributes,
    secrets: openSecrets(options.secretKey, options.settings),
    restoreWindowMs: options.settings.restoreWindowMs,
    temporalUiUrl: options.temporalUiUrl,
    workerState: options.workerState,
    rejectFiles,
    uploads: new UploadFiles(stage),
    answers,
    rateLimit: options.settings.rateLimit,
    closing: closing.signal,
    log,
    watching: options.settings,
  });
  const app = await createApp(services, log);
  const server = app.getHttpAdapter().getInstance();
  finishAudits(server, db, (requestId, error) => log.error('no audit entry was written', { requestId, error }));
  hangUpWhenClosing(server, closing.signal);
  let background: Promise<unknown> = Promise.resolve(); // never gives up the start: Temporal may come later
  const close = async (): Promise<void> => {
    closing.abort();
    const hangUp = setTimeout(() => app.getHttpServer().closeAllConnections(), CLOSE_GRACE_MS);
    await app.close().finally(() => clearTimeout(hangUp));
    await background;
    await services.notices[Symbol.asyncDispose]();
    await Promise.all([db.destroy(), link.close(), rejectFiles.close()]);
    await stage?.[Symbol.asyncDispose]();
  };
  try {
    await app.listen(options.port, options.host ?? '127.0.0.1');
  } catch (error) {
    await close();
    throw cannotListen(options, error);
  }
  const { reconcileEveryMs: everyMs } = options.settings;
  const reconciling = reconcileForever(services.reconciler, { everyMs, log, closing: closing.signal });
  const sweeping = sweepForever(keepers(services, { db, answers }, options), {
    everyMs: SWEEP_EVERY_MS,
    log,
    closing: closing.signal,
  });
  background = Promise.all([attributes.ensure(), reconciling, sweeping]);
  return { url: await app.getUrl(), port: portOf(app), close };
}

/** The application without a port: what tests inject requests into and what the OpenAPI document is made from. */
export async function createApp(services: ApiServices, log: Logger): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    genReqId: requestId,
    bodyLimit: BODY_LIMIT_BYTES,
    return503OnClosing: false,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void sendProblem(request, reply, error),
  });
  const module = apiModule(services, (id, error) => log.error('request failed', { requestId: id, error }));
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: ['error', 'warn'],
    abortOnError: false,
    bodyParser: false,
  });
  acceptJsonOnly(app, BODY_LIMIT_BYTES);
  const server = app.getHttpAdapter().getInstance();
  acceptFiles(server, [UPLOADS_PATH]);
  echoRequestId(server);
  securityHeaders(server);
  services.openApi.document = openApiDocument(app);
  return app;
}

function keepers(
  { audit, idempotency, logStore, uploads }: ApiServices,
  { db, answers }: { readonly db: Knex; readonly answers: StagedAnswers },
  { settings }: ApiOptions,
): readonly Keeper[] {
  const { auditKeepMs, logKeepMs, restoreWindowMs } = settings;
  const before = (keptMs: number): Date => new Date(Date.now() - keptMs);
  return [
    { what: 'audit entries', sweep: () => audit.removeBefore(before(auditKeepMs)) },
    { what: 'log lines of runs', sweep: () => logStore.removeBefore(before(logKeepMs)) },
    { what: 'deleted resources', sweep: () => purgeArchived(db, before(restoreWindowMs)) },
    { what: 'uploads', sweep: () => uploads.removeBefore(before(UPLOADS_KEPT_MS)) },
    { what: 'idempotency keys', sweep: () => idempotency.removeExpired() },
    { what: 'answers of previews', sweep: () => answers.removeBefore(before(ANSWER_KEEP_MS)) },
  ];
}

function temporalLink({ settings, temporalAddress }: ApiOptions): TemporalLink {
  return new TemporalLink({
    address: temporalAddress,
    namespace: settings.temporalNamespace,
    taskQueue: settings.taskQueue,
    useEnvironment: settings.temporalAddress !== undefined,
  });
}

function cannotListen({ host = '127.0.0.1', port }: ApiOptions, cause: unknown): MillraceError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new MillraceError('setup.unavailable', {
    detail: `The API cannot listen on ${host}:${port} (${reason}).`,
    path: 'MILLRACE_API_PORT',
    suggestion: 'Choose another port with MILLRACE_API_PORT, or 0 for any free one.',
    cause,
  });
}

function portOf(app: NestFastifyApplication): number {
  const address = app.getHttpServer().address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return address.port;
}
