/**
 * Dependencies → activities → Temporal worker.
 * @module
 */
import { hostname } from 'node:os';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.js';
import { loadConnectors } from '../connectors/packages/index.js';
import type { RunningWorker, WorkerOptions } from '../platform/config/runtime.js';
import { createMetadataStore } from '../platform/db/metadata-store.js';
import { openTrustedEngine } from '../platform/duckdb/engine.js';
import { type Logger, createLogger } from '../platform/logger/logger.js';
import { dataConverter } from '../platform/temporal/payload-codec.js';
import { openSecrets } from '../platform/secrets/secrets.js';
import { openStage } from '../stage/store.js';
import { closeTransformPool } from '../transform/engine/index.js';
import { createBreaker } from './breaker.js';
import { BUNDLE_PATH } from './bundle-path.js';
import { joinWorkers } from './presence.js';
import { createRequestScheduledSync } from './scheduled-sync.js';

/** Longer than the wait between two heartbeats: that is when an activity learns that the worker stops. */
const SHUTDOWN_GRACE = '10 s';
const SHUTDOWN_FORCE = '20 s';
/** Heartbeats bring the news of a cancel; by default only every eight seconds one would be sent. */
const HEARTBEAT_THROTTLE = '2 s';
/** How long a workflow waits for a worker that died before another one may go on with it. */
const STICKY_TIMEOUT = '3 s';
/** Activities of one process; DuckDB work among them is limited to two statements by its own slots. */
const ACTIVITY_SLOTS = 16;

/** Starts polling. The caller owns signals and servers; `drain` lets running steps end within the grace (I11). */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const log = createLogger({ level: options.settings.logLevel }).child({ process: 'worker' });
  installRuntime(log);
  await loadConnectors({ folder: process.cwd(), configured: options.settings.connectors, log });
  const { taskQueue, sliceBytes } = options.settings;
  const identity = options.identity ?? `${process.pid}@${hostname()}`;
  const { ring, providers } = openSecrets(options.secretKey, options.settings);
  const store = await createMetadataStore(options.databaseUrl, ring);
  const stage = openStage(options.stageUrl, options.settings.home);
  const connection = await NativeConnection.connect({ address: options.temporalAddress });
  const presence = await joinWorkers(store, stage, { identity, taskQueue }).catch(async (error: unknown) => {
    await Promise.all([connection.close(), store.close(), stage[Symbol.asyncDispose]()]);
    throw error;
  });
  await stage.removeAbandoned();
  const temp = await stage.tempDir(); // not the system's: what a killed worker leaves here is removed at the next start
  const engine = await openTrustedEngine({ tempDirectory: temp.path });
  const client = new Client({ connection, namespace: options.namespace, dataConverter });
  const worker = await Worker.create({
    connection,
    namespace: options.namespace,
    taskQueue,
    identity,
    dataConverter,
    workflowBundle: { codePath: BUNDLE_PATH },
    activities: {
      ...createActivities({ store, stage, engine, log, sliceBytes, secrets: providers }),
      ...createBreaker({ client, store }),
      requestScheduledSync: createRequestScheduledSync({ client, store, taskQueue }),
    },
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  });
  const done = worker.run();
  const close = async (): Promise<void> => {
    await presence.end();
    await closeTransformPool();
    await engine.close();
    await temp[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
    await store.close();
    await connection.close();
  };
  return {
    state: () => worker.getState(),
    failed: done.then(() => new Promise<never>(() => undefined)),
    drain: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await done.finally(close);
    },
  };
}

let installed = false;

/** One owner of SIGTERM: Temporal's runtime would otherwise stop the worker by itself. */
function installRuntime(log: Logger): void {
  if (installed) return;
  installed = true;
  const logger = new DefaultLogger('WARN', ({ level, message, meta }) =>
    level === 'WARN' ? log.warn(message, meta ?? {}) : log.error(message, meta ?? {}),
  );
  Runtime.install({ shutdownSignals: [], logger });
}
