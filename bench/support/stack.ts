import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startStackProcess } from '../../test/support/millrace-process.js';

export interface BenchRun {
  readonly status: string;
  readonly workflowId: string;
  readonly ms: number;
  readonly slices: number;
  readonly rows: { readonly extracted: number; readonly loaded: number };
}

/** A whole embedded stack in a process of its own, as `npm start` runs it, over a folder that is removed afterwards. */
export interface BenchStack extends AsyncDisposable {
  /** Process id of Millrace: API and worker. */
  readonly pid: number;
  readonly temporalAddress: string;
  /** Folder of everything that the stack keeps, its logs included. */
  readonly home: string;
  /** Connection URL of a new, empty database in the stack's Postgres. */
  database(name: string): Promise<string>;
  connect(streams: readonly object[], ends: { readonly source: string; readonly destination: string }): Promise<string>;
  /** From the REST call to the answer that the run has ended. @throws Error when it did not succeed */
  sync(connectionId: string): Promise<BenchRun>;
}

export async function startBenchStack(env: Readonly<Record<string, string>> = {}): Promise<BenchStack> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const stack = await startStackProcess(home, { env: { MILLRACE_LOG_LEVEL: 'error', ...env } });
  const key = (await readFile(stack.facts.apiKeyFile, 'utf8')).trim();
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${stack.facts.apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const made = async (path: string, body: unknown): Promise<string> => (await call<{ id: string }>('POST', path, body)).id;
  /** One answer may not take longer than `fetch` waits for headers. */
  const untilEnded = async (run: { readonly id: string; status: string }): Promise<string> => {
    let { status } = run;
    while (status === 'queued' || status === 'running')
      ({ status } = await call<{ status: string }>('GET', `/v1/runs/${run.id}?wait=4m`));
    return status;
  };
  return {
    pid: stack.pid,
    temporalAddress: stack.facts.temporalAddress,
    home,
    database: async (name) => {
      const url = new URL(stack.facts.databaseUrl);
      await query(url.href, `drop database if exists ${name} with (force)`);
      await query(url.href, `create database ${name}`);
      url.pathname = `/${name}`;
      return url.href;
    },
    connect: async (streams, ends) => {
      const sourceId = await made('/v1/sources', { name: 'bench', connector: 'postgres', config: { url: ends.source } });
      const destinationId = await made('/v1/destinations', {
        name: 'bench',
        connector: 'postgres',
        config: { url: ends.destination },
      });
      return made('/v1/connections', { name: 'bench', sourceId, destinationId, streams });
    },
    sync: async (connectionId) => {
      const begun = performance.now();
      const run = await call<{ id: string; status: string; workflowId: string }>(
        'POST',
        `/v1/connections/${connectionId}/syncs?wait=4m`,
        {},
      );
      const ended = await untilEnded(run);
      const ms = performance.now() - begun;
      const { data } = await call<{ data: BenchRun[] }>('GET', `/v1/runs/${run.id}/streams`);
      const [stream] = data;
      if (ended !== 'succeeded' || !stream) throw new Error(`run ${run.id}: ${ended} ${JSON.stringify(data.slice(0, 5))}`);
      return { status: ended, workflowId: run.workflowId, ms, slices: stream.slices, rows: stream.rows };
    },
    [Symbol.asyncDispose]: async () => {
      await stack.kill('SIGTERM');
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Rows of one statement. */
export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Content of a table as one number, whatever the order of its rows. */
export async function contentOf(url: string, table: string, columns: string): Promise<string> {
  const hash = `('x' || substr(md5(row(${columns})::text), 1, 16))::bit(64)::bigint::numeric`;
  const [row] = await query<{ content: string }>(url, `select count(*) || '/' || sum(${hash}) as content from ${table}`);
  return row?.content ?? '';
}
