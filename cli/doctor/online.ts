/**
 * What can be looked at only while it runs.
 * @module
 */
import pg from 'pg';
import type { Client } from '../../client/index.js';
import { errorText } from '../../platform/errors/error.js';
import { type Check, fail, pass, warn } from './check.js';

export interface Servers {
  readonly databaseUrl?: string | undefined;
  readonly temporalAddress?: string | undefined;
  readonly namespace: string;
  readonly taskQueue: string;
}

const CONNECT_MS = 5_000;
const SMALL_SKEW_MS = 2_000;
const LARGE_SKEW_MS = 60_000;

export function serverChecks(servers: Servers): readonly Check[] {
  const { databaseUrl, temporalAddress } = servers;
  return [
    ...(databaseUrl === undefined ? [] : databaseChecks(databaseUrl)),
    ...(temporalAddress === undefined ? [] : temporalChecks({ ...servers, temporalAddress })),
  ];
}

function databaseChecks(url: string): readonly Check[] {
  return [
    { name: 'metadata database', run: () => checkDatabase(url) },
    { name: 'clock', run: () => checkClock(url) },
  ];
}

const POSTGRES_FIX = 'Check that Postgres runs and that DATABASE_URL is right; an embedded one starts with millrace start.';

async function checkDatabase(url: string): Promise<ReturnType<typeof pass>> {
  try {
    const [row] = await query<{ version: string; migrations: string | null }>(
      url,
      `select current_setting('server_version') as version, to_regclass('millrace_migrations')::text as migrations`,
    );
    const version = `PostgreSQL ${row?.version}`;
    return row?.migrations ? pass(version) : warn(`${version}, without tables of ours`, 'The first start of an API makes them.');
  } catch (error) {
    return fail(errorText(error), POSTGRES_FIX);
  }
}

/** Schedules, expiry and `settle` compare times of several machines. */
async function checkClock(url: string): Promise<ReturnType<typeof pass>> {
  const before = Date.now();
  const [row] = await query<{ now: Date }>(url, 'select clock_timestamp() as now').catch(() => []);
  if (!row) return warn('It could not be compared with the database.', POSTGRES_FIX);
  const skew = Math.abs(row.now.getTime() - (before + Date.now()) / 2);
  const text = `${Math.round(skew)} ms apart from the database`;
  if (skew > LARGE_SKEW_MS) return fail(text, 'Set the clock: keys expire and schedules start by it.');
  return skew > SMALL_SKEW_MS ? warn(text, 'Let NTP set the clock.') : pass(text);
}

async function query<Row extends object>(connectionString: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MS, query_timeout: CONNECT_MS });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

type Temporal = Servers & { readonly temporalAddress: string };

function temporalChecks(servers: Temporal): readonly Check[] {
  return [
    { name: 'Temporal', run: () => checkTemporal(servers) },
    { name: 'workers', run: () => checkWorkers(servers) },
  ];
}

const TEMPORAL_FIX = 'Check that the Temporal server runs and TEMPORAL_ADDRESS is right.';

async function checkTemporal({ temporalAddress, namespace }: Temporal): Promise<ReturnType<typeof pass>> {
  return withTemporal(temporalAddress, async ({ workflowService }) => {
    const { serverVersion } = await workflowService.getSystemInfo({});
    await workflowService.describeNamespace({ namespace });
    return pass(`${serverVersion} at ${temporalAddress}, namespace ${namespace}`);
  });
}

async function checkWorkers({ temporalAddress, namespace, taskQueue }: Temporal): Promise<ReturnType<typeof pass>> {
  return withTemporal(temporalAddress, async ({ workflowService }) => {
    const pollers = await Promise.all(
      [1, 2].map((taskQueueType) =>
        workflowService.describeTaskQueue({ namespace, taskQueue: { name: taskQueue }, taskQueueType }),
      ),
    );
    const counts = pollers.map(({ pollers: polling }) => new Set(polling?.map(({ identity }) => identity)).size);
    const count = Math.min(...counts);
    if (count > 0) return pass(`${count} on task queue ${taskQueue}`);
    return fail(`None polls task queue ${taskQueue}.`, 'Start one: millrace worker. Its MILLRACE_TASK_QUEUE must be the same.');
  });
}

type TemporalConnection = import('@temporalio/client').Connection;

async function withTemporal(
  address: string,
  look: (connection: TemporalConnection) => Promise<ReturnType<typeof pass>>,
): Promise<ReturnType<typeof pass>> {
  const [{ Connection }, { loadClientConnectConfig }] = await Promise.all([
    import('@temporalio/client'),
    import('@temporalio/envconfig'),
  ]);
  let connection: TemporalConnection | undefined;
  try {
    const { tls, apiKey } = loadClientConnectConfig().connectionOptions;
    const access = { ...(tls ? { tls } : {}), ...(apiKey ? { apiKey } : {}) };
    connection = await Connection.connect({ ...access, address, connectTimeout: CONNECT_MS });
    const open = connection;
    return await open.withDeadline(Date.now() + CONNECT_MS, () => look(open));
  } catch (error) {
    return fail(errorText(error), TEMPORAL_FIX);
  } finally {
    await connection?.close();
  }
}

/** The API and what it knows. */
export function apiChecks(api: Client, url: string): readonly Check[] {
  return [
    { name: 'API', run: () => checkApi(api, url) },
    { name: 'connectors', run: () => checkConnectors(api) },
  ];
}

async function checkApi(api: Client, url: string): Promise<ReturnType<typeof pass>> {
  try {
    const { checks } = await api.getReadiness();
    return pass(`ready at ${url}: ${Object.keys(checks).join(', ')}`);
  } catch (error) {
    return fail(errorText(error), 'Look at the log of the API, and at the other checks.');
  }
}

async function checkConnectors(api: Client): Promise<ReturnType<typeof pass>> {
  try {
    const { data } = await api.listConnectors();
    return pass(data.map(({ id, kind }) => `${id} (${kind})`).join(', '));
  } catch (error) {
    return fail(errorText(error), 'Check MILLRACE_API_KEY: millrace keys create makes a new one.');
  }
}
