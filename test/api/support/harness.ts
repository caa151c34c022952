/**
 * An API with a database and a task queue of its own, on the servers that the whole test run shares.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, NativeConnection, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';
import type { Knex } from 'knex';
import { ensureAdminKey } from '../../../api/bootstrap-key.js';
import { startApi } from '../../../api/server.js';
import type { ApiOptions, RunningApi } from '../../../platform/config/runtime.js';
import { loadSettings, type Settings } from '../../../platform/config/settings.js';
import { createDatabase } from './database.js';
import { freshTaskQueue, servers } from '../../support/servers.js';
import type { ProbeActivities } from './workflows.js';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into bodies of many shapes and state what they expect of each.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Of PUT, PATCH and DELETE; `*` when nothing is said, none when null. */
  readonly ifMatch?: string | null;
  /** Instead of the admin key; null sends none. */
  readonly key?: string | null;
}

export interface Harness {
  readonly url: string;
  readonly adminKey: string;
  readonly secretKey: Buffer;
  readonly databaseUrl: string;
  readonly taskQueue: string;
  readonly settings: Settings;
  readonly db: Knex;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** A second API over the same database, as after a restart. */
  startAgain(options?: Partial<ApiOptions>): Promise<RunningApi>;
  /** A worker with the stand-in workflows. */
  startWorker(activities?: Partial<ProbeActivities>): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

export async function startHarness(options: Partial<ApiOptions> = {}): Promise<Harness> {
  const database = await createDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-api-'));
  const adminKey = await ensureAdminKey(database.url, join(folder, 'admin.key'));
  const taskQueue = freshTaskQueue('api');
  const secretKey = randomBytes(32);
  const apiOptions = {
    settings: { ...loadSettings({ MILLRACE_LOG_LEVEL: 'error' }), taskQueue },
    databaseUrl: database.url,
    temporalAddress: servers().temporalAddress,
    temporalUiUrl: 'http://temporal.example/',
    secretKey,
    port: 0,
    ...options,
  };
  const api = await startApi(apiOptions);
  return {
    url: api.url,
    adminKey,
    secretKey,
    databaseUrl: database.url,
    taskQueue,
    settings: apiOptions.settings,
    db: database.db,
    call: (method, path, call = {}) => send(`${api.url}${path}`, method, { key: adminKey, ...call }),
    startAgain: (again = {}) => startApi({ ...apiOptions, ...again }),
    startWorker: (activities) => startWorker(taskQueue, activities),
    close: async () => {
      await api.close();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
}

const CHANGES = ['PUT', 'PATCH', 'DELETE'];

async function send(url: string, method: string, { body, headers, key, ifMatch = '*' }: CallOptions): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch !== null && CHANGES.includes(method) ? { 'if-match': ifMatch } : {}),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

const quiet = new DefaultLogger('ERROR');
let bundled: ReturnType<typeof bundleWorkflowCode> | undefined;

/** Made once per process; the first worker also silences the runtime. */
function bundle(): ReturnType<typeof bundleWorkflowCode> {
  if (bundled) return bundled;
  Runtime.install({ logger: quiet, shutdownSignals: [] });
  bundled = bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)), logger: quiet });
  return bundled;
}

async function startWorker(taskQueue: string, activities: Partial<ProbeActivities> = {}): Promise<{ stop(): Promise<void> }> {
  const workflowBundle = await bundle();
  const connection = await NativeConnection.connect({ address: servers().temporalAddress });
  const worker = await Worker.create({ connection, taskQueue, workflowBundle, activities });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

/** Shows what was answered instead. */
export function assertStatus(reply: Reply, status: number): void {
  if (reply.status !== status) throw new Error(`expected ${status}, got ${reply.status}: ${reply.text}`);
}

export function problemOf(reply: Reply): { status: number; code: string; paths: string[] } {
  return {
    status: reply.status,
    code: reply.body?.code,
    paths: (reply.body?.errors ?? []).map((error: { path: string }) => error.path),
  };
}
