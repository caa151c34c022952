import pg from 'pg';
import { RecentMap } from '../../platform/collections/recent-map.js';
import { type PostgresConnectionConfig, clientOptions } from './config.js';
import { postgresError } from './errors.js';
import { type OpenConnection, connectionKey, destroyClient, giveBack, takeIdle } from './idle-clients.js';
import { literal } from './sql.js';

/** Every value must read the same whatever the database or role has set (notes: values through CSV without loss). */
const SESSION_SETTINGS =
  "set timezone='UTC'; set datestyle='ISO, MDY'; set intervalstyle='postgres'; set bytea_output='hex'; " +
  "set extra_float_digits=1; set lc_monetary='C'; set client_encoding='UTF8'; set xmloption=content; " +
  "set search_path='pg_catalog'; " +
  // a query whose client is gone must not go on: noticed by servers from 14 on
  "select set_config('client_connection_check_interval', '2s', false) where current_setting('server_version_num')::int >= 140000";

/**
 * What a connection learns when it is made, and goes by until its end; what is read may depend on it. NULL where a trigger may have
 * set more at the login, which is gone after the first session.
 */
const LEARNT = `select case when not exists (select from pg_event_trigger where evtevent = 'login' and evtenabled <> 'D') then
    coalesce((select string_agg(s::text, ' ' order by s.setdatabase, s.setrole) from pg_db_role_setting as s
      where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        and s.setrole in (0, to_regrole(quote_ident(session_user))::oid)), '') end as learnt`;

/** Nothing leaves `pg` as a JavaScript number or Date. */
const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;

export interface Session extends AsyncDisposable {
  readonly client: pg.Client;
  /** Rows with every value as text or null. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  run(sql: string, values?: readonly unknown[]): Promise<number>;
}

interface SessionOptions {
  readonly sessionName: string;
  readonly signal: AbortSignal;
}

/** Ends the name of a session that only reads, so that one read of ours never waits for another. */
export const READER = '/read';

export const asReader = ({ sessionName, signal }: SessionOptions): SessionOptions => ({
  sessionName: `${sessionName}${READER}`,
  signal,
});

/**
 * One session with pinned settings, on a new connection or one that another session has left a moment ago. When `signal`
 * fires the socket is destroyed, so that no query outlives its caller; the server notices and rolls back.
 *
 * @throws MillraceError `connector.unreachable`, `connector.auth_failed` …
 */
export async function openSession(config: PostgresConnectionConfig, options: SessionOptions): Promise<Session> {
  const { sessionName, signal } = options;
  signal.throwIfAborted();
  const clientConfig = clientOptions(config);
  const key = connectionKey(clientConfig);
  const idle = takeIdle(key);
  if (idle) {
    const ready = prepare(idle.client, sessionName).then((learnt) => {
      if (sessionName.endsWith(READER) && (learnt === null || learnt !== idle.learnt)) throw new Error('it has other settings');
      return idle.learnt;
    });
    const session = await sessionOn(idle.client, { key, openedAt: idle.openedAt, signal, ready }).catch(() => undefined);
    if (session) return session;
    signal.throwIfAborted(); // else the server has ended it meanwhile, or it does not know what a new one would
  }
  const client = new pg.Client({ ...clientConfig, types: AS_TEXT });
  client.on('error', () => undefined); // a lost connection also rejects the query in flight, which reports it
  const ready = connect(client, { key, sessionName });
  return sessionOn(client, { key, openedAt: performance.now(), signal, ready }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw postgresError(error, 'Cannot connect');
  });
}

/** Without it connections are made anew, nothing else. */
const KEPT_LEARNT = 1_000;

/** What the last new connection would have learnt, by its key. */
const lastLearnt = new RecentMap<string, string | null>(KEPT_LEARNT);

interface Made extends Pick<OpenConnection, 'key'> {
  readonly sessionName: string;
}

/** @returns what it has learnt; NULL unless that was so before it began, since it may have changed before it could be asked */
async function connect(client: pg.Client, { key, sessionName }: Made): Promise<string | null> {
  const before = lastLearnt.get(key);
  await client.connect();
  const learnt = await prepare(client, sessionName);
  lastLearnt.set(key, learnt);
  return learnt === before ? learnt : null;
}

/** @returns what a connection would learn that is made now */
async function prepare(client: pg.Client, sessionName: string): Promise<string | null> {
  const named = `set application_name = ${literal(sessionName)}`;
  const results: unknown = await client.query([named, SESSION_SETTINGS, LEARNT].join('; '));
  return (results as readonly pg.QueryResult<{ learnt: string | null }>[]).at(-1)?.rows[0]?.learnt ?? null;
}

interface Opening extends Pick<OpenConnection, 'key' | 'openedAt'> {
  readonly signal: AbortSignal;
  /** What the connection learnt when it was made; rejects when it cannot be used. */
  readonly ready: Promise<string | null>;
}

/** The signal is heard from before the connection is ready until the session ends, without a gap. */
async function sessionOn(client: pg.Client, { signal, ready, key, openedAt }: Opening): Promise<Session> {
  const destroy = (): void => destroyClient(client);
  signal.addEventListener('abort', destroy, { once: true });
  let learnt: string | null;
  try {
    learnt = await ready;
  } catch (error) {
    signal.removeEventListener('abort', destroy);
    destroy();
    throw error;
  }
  return {
    client,
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, values.length ? [...values] : undefined)).rows,
    run: async (sql, values = []) => (await client.query(sql, values.length ? [...values] : undefined)).rowCount ?? 0,
    [Symbol.asyncDispose]: async () => {
      signal.removeEventListener('abort', destroy);
      if (signal.aborted) destroy();
      else await giveBack({ client, key, learnt, openedAt });
    },
  };
}
