/**
 * Millrace as users have it: the real API, real workers, a source and a destination database of its own.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { ensureAdminKey } from '../../api/bootstrap-key.js';
import { startApi } from '../../api/server.js';
import type { RunRecord, StreamRecord } from '../../platform/db/store.js';
import { type Settings, loadSettings } from '../../platform/config/settings.js';
import { startWorker } from '../../worker/main.js';
import { type MillraceProcess, startProcess } from './millrace-process.js';
import { type TestDatabase, freshDatabase, freshTaskQueue, servers } from './servers.js';
import { tempHome } from './temp-home.js';
import { waitFor } from './wait-for.js';

export interface FinishedRun extends RunRecord {
  readonly streams: readonly StreamRecord[];
}

/** A source that is no Postgres database. */
export interface SourceEnd {
  readonly connector: string;
  readonly config: object;
}

export interface Reply {
  readonly status: number;
  // Tests state what they expect of bodies of many shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface Millrace extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly destination: TestDatabase;
  readonly metadata: TestDatabase;
  readonly stageDir: string;
  readonly taskQueue: string;
  readonly apiUrl: string;
  readonly apiKey: string;
  call(method: string, path: string, body?: unknown): Promise<Reply>;
  /** A connection from `source` to `destination`, or between the given ends. @returns its id */
  connect(
    streams: readonly object[],
    ends?: { readonly source?: string | SourceEnd; readonly destination?: string },
  ): Promise<string>;
  /** Asks for a run and waits for its end. */
  sync(connectionId: string, body?: object): Promise<FinishedRun>;
  /** Asks for a run and waits for nothing. @returns its id */
  request(connectionId: string): Promise<string>;
  /** Waits for the end of a run. */
  ended(runId: string, timeoutMs?: number): Promise<FinishedRun>;
  /** A worker in a process of its own, for tests that kill it, with `env` beside or instead of the usual. */
  workerProcess(env?: Readonly<Record<string, string>>): Promise<MillraceProcess>;
  /** What such a process has in its environment. */
  workerEnvironment(): Readonly<Record<string, string>>;
  /** A worker in this process, for those who began without one. */
  inProcessWorker(): Promise<void>;
  /** Another API process over the same database. */
  secondApi(): Promise<AsyncDisposable & { readonly url: string; close(): Promise<void> }>;
}

const ENDED = new Set(['succeeded', 'partial', 'failed', 'cancelled', 'delayed']);

export interface MillraceOptions {
  /** A worker in this process. */
  readonly worker?: boolean;
  readonly sliceBytes?: number;
  readonly settings?: Partial<Settings>;
  /** A stage elsewhere than in the home. */
  readonly stageUrl?: string;
}

export async function startMillrace({
  worker = true,
  sliceBytes = 96_000_000,
  settings: more = {},
  stageUrl: elsewhere,
}: MillraceOptions = {}): Promise<Millrace> {
  const disposables: (() => PromiseLike<unknown> | void)[] = [];
  const home = await tempHome('engine');
  disposables.push(() => home[Symbol.asyncDispose]());
  const [source, destination, metadata] = await Promise.all([freshDatabase('src'), freshDatabase('dst'), freshDatabase('meta')]);
  disposables.push(() => Promise.all([source.drop(), destination.drop(), metadata.drop()]));
  const taskQueue = freshTaskQueue('engine');
  const secretKey = randomBytes(32);
  const stageUrl = elsewhere ?? pathToFileURL(`${home.path}/stage`).href;
  const settings = { ...loadSettings({ MILLRACE_LOG_LEVEL: 'error', MILLRACE_HOME: home.path }), taskQueue, sliceBytes, ...more };
  const shared = { settings, databaseUrl: metadata.url, temporalAddress: servers().temporalAddress, secretKey };
  const api = await startApi({ ...shared, stageUrl, port: 0 });
  disposables.push(() => api.close());
  const key = await ensureAdminKey(metadata.url, `${home.path}/api-key`);
  const inProcessWorker = async (): Promise<void> => {
    const running = await startWorker({ ...shared, stageUrl, namespace: 'default' });
    disposables.push(() => running.drain());
  };
  if (worker) await inProcessWorker();
  const workerEnvironment = (): Record<string, string> => ({
    DATABASE_URL: metadata.url,
    TEMPORAL_ADDRESS: servers().temporalAddress,
    MILLRACE_HOME: `${home.path}/${freshTaskQueue('worker')}`,
    MILLRACE_STAGE_URL: stageUrl,
    MILLRACE_SECRET_KEY: secretKey.toString('base64'),
    MILLRACE_TASK_QUEUE: taskQueue,
    MILLRACE_SLICE_BYTES: String(sliceBytes),
    MILLRACE_LOG_LEVEL: 'error',
  });
  const call = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(['PUT', 'PATCH', 'DELETE'].includes(method) ? { 'if-match': '*' } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: text === '' ? undefined : isJson ? JSON.parse(text) : text };
  };
  const made = async (path: string, body: unknown): Promise<Reply['body']> => {
    const reply = await call('POST', path, body);
    if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  const ended = async (runId: string, timeoutMs = 60_000): Promise<FinishedRun> => {
    for (const deadline = Date.now() + timeoutMs; Date.now() < deadline;) {
      const run = (await call('GET', `/v1/runs/${runId}`)).body as RunRecord;
      if (ENDED.has(run.status)) return { ...run, streams: (await call('GET', `/v1/runs/${runId}/streams`)).body.data };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`run ${runId} did not end within ${timeoutMs} ms`);
  };
  return {
    source,
    destination,
    metadata,
    stageDir: `${home.path}/stage`,
    taskQueue,
    apiUrl: api.url,
    apiKey: key,
    call,
    ended,
    connect: async (streams, ends = {}) => {
      const url = ends.source ?? source.url;
      const from = await made('/v1/sources', {
        name: `src-${randomBytes(3).toString('hex')}`,
        ...(typeof url === 'string' ? { connector: 'postgres', config: { url } } : url),
      });
      const to = await made('/v1/destinations', {
        name: `dst-${randomBytes(3).toString('hex')}`,
        connector: 'postgres',
        config: { url: ends.destination ?? destination.url },
      });
      return (
        await made('/v1/connections', {
          name: `con-${randomBytes(3).toString('hex')}`,
          sourceId: from.id,
          destinationId: to.id,
          streams,
        })
      ).id as string;
    },
    sync: async (id, body = {}) => ended((await made(`/v1/connections/${id}/syncs`, body)).id as string),
    request: async (id) => (await made(`/v1/connections/${id}/syncs`, {})).id as string,
    inProcessWorker,
    secondApi: async () => {
      const second = await startApi({ ...shared, stageUrl, port: 0 });
      return { url: second.url, close: second.close, [Symbol.asyncDispose]: second.close };
    },
    workerEnvironment,
    workerProcess: async (env = {}) => {
      const running = startProcess(['worker'], { env: { ...workerEnvironment(), ...env } });
      disposables.push(() => running[Symbol.asyncDispose]());
      await waitFor(() => running.output().includes('ready'), { what: 'the worker is ready', timeoutMs: 60_000 });
      return running;
    },
    [Symbol.asyncDispose]: async () => {
      for (const dispose of disposables.toReversed()) await dispose();
    },
  };
}

/** Content of a table as one hash, whatever the order of its rows; only the named columns. */
export async function contentHash(
  database: TestDatabase,
  table: string,
  columns: string,
): Promise<{ rows: string; hash: string | null }> {
  const [row] = await database.query<{ rows: string; hash: string | null }>(
    `select count(*)::text as rows, md5(string_agg(h, '' order by h)) as hash from (select md5(row(${columns})::text) as h from ${table}) as t`,
  );
  return row ?? { rows: '0', hash: null };
}
