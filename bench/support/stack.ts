import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStackProcess } from '../../test/support/millrace-process.js';
import { type BenchClient, openClient } from './client.js';
import { query } from './database.js';

export interface BenchRun {
  readonly status: string;
  readonly workflowId: string;
  readonly ms: number;
  /** Of all streams together, like the rest. */
  readonly slices: number;
  readonly bytes: number;
  readonly rows: { readonly extracted: number; readonly loaded: number };
}

/** A URL of Postgres, or another system. */
export type BenchSystem = string | { readonly connector: string; readonly config: object };

export interface BenchEnds {
  readonly source: BenchSystem;
  readonly destination: BenchSystem;
}

/** A whole embedded stack in a process of its own, as `npm start` runs it, over a folder that is removed afterwards. */
export interface BenchStack extends AsyncDisposable {
  /** Process id of Millrace: API and worker. */
  readonly pid: number;
  readonly temporalAddress: string;
  readonly apiUrl: string;
  /** Of the scope admin. */
  readonly apiKey: string;
  /** Connection URL of the metadata database. */
  readonly metadataUrl: string;
  /** Folder of everything that the stack keeps, its logs included. */
  readonly home: string;
  /** Connection URL of a new, empty database in the stack's Postgres. */
  database(name: string): Promise<string>;
  /** Drops one that `database` made. */
  dropDatabase(name: string): Promise<void>;
  /** Drops what `database` made, so that suites do not disturb each other. */
  dropDatabases(): Promise<void>;
  connect(streams: readonly object[], ends: BenchEnds): Promise<string>;
  /** From the REST call to the answer that the run has ended. @throws Error when it did not succeed */
  sync(connectionId: string): Promise<BenchRun>;
}

export async function startBenchStack(env: Readonly<Record<string, string>> = {}): Promise<BenchStack> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const stack = await startStackProcess(home, { env: { MILLRACE_LOG_LEVEL: 'error', MILLRACE_RATE_LIMIT: 'off', ...env } });
  const apiKey = (await readFile(stack.facts.apiKeyFile, 'utf8')).trim();
  const client = openClient(stack.facts.apiUrl, apiKey);
  const { apiUrl, databaseUrl, temporalAddress } = stack.facts;
  const names = new Set<string>();
  return {
    ...{ pid: stack.pid, temporalAddress, apiUrl, apiKey, metadataUrl: databaseUrl, home },
    database: (name) => {
      names.add(name);
      return createDatabase(databaseUrl, name);
    },
    dropDatabase: async (name) => {
      await dropDatabase(databaseUrl, name);
      names.delete(name);
    },
    dropDatabases: async () => {
      for (const name of names) await dropDatabase(databaseUrl, name);
      names.clear();
    },
    connect: (streams, ends) => connect(client, streams, ends),
    sync: (connectionId) => sync(client, connectionId),
    [Symbol.asyncDispose]: async () => {
      await stack.kill('SIGTERM');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  await dropDatabase(serverUrl, name);
  await query(serverUrl, `create database ${name}`);
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}

const dropDatabase = (serverUrl: string, name: string): Promise<unknown> =>
  query(serverUrl, `drop database if exists ${name} with (force)`);

async function connect(client: BenchClient, streams: readonly object[], { source, destination }: BenchEnds): Promise<string> {
  const sourceId = await client.made('/v1/sources', { name: 'bench', ...systemOf(source) });
  const destinationId = await client.made('/v1/destinations', { name: 'bench', ...systemOf(destination) });
  return client.made('/v1/connections', { name: 'bench', sourceId, destinationId, streams });
}

const systemOf = (system: BenchSystem): object =>
  typeof system === 'string' ? { connector: 'postgres', config: { url: system } } : system;

async function sync(client: BenchClient, connectionId: string): Promise<BenchRun> {
  const begun = performance.now();
  const path = `/v1/connections/${connectionId}/syncs?wait=4m`;
  const run = await client.call<{ id: string; status: string; workflowId: string }>('POST', path, {});
  const status = await untilEnded(client, run);
  const ms = performance.now() - begun;
  const { data } = await client.call<{ data: Streams }>('GET', `/v1/runs/${run.id}/streams`);
  if (status !== 'succeeded') throw new Error(`run ${run.id}: ${status} ${JSON.stringify(data.slice(0, 5))}`);
  return { status, workflowId: run.workflowId, ms, ...totals(data) };
}

/** One answer may not take longer than `fetch` waits for headers. */
async function untilEnded(client: BenchClient, run: { readonly id: string; status: string }): Promise<string> {
  let { status } = run;
  while (status === 'queued' || status === 'running')
    ({ status } = await client.call<{ status: string }>('GET', `/v1/runs/${run.id}?wait=4m`));
  return status;
}

type Streams = readonly Pick<BenchRun, 'slices' | 'bytes' | 'rows'>[];

function totals(streams: Streams): Pick<BenchRun, 'slices' | 'bytes' | 'rows'> {
  const sum = (of: (stream: Streams[number]) => number): number => streams.reduce((total, stream) => total + of(stream), 0);
  return {
    slices: sum(({ slices }) => slices),
    bytes: sum(({ bytes }) => bytes),
    rows: { extracted: sum(({ rows }) => rows.extracted), loaded: sum(({ rows }) => rows.loaded) },
  };
}
