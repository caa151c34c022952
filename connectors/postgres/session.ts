import pg from 'pg';
import { type PostgresConnectionConfig, clientOptions } from './config.js';
import { postgresError } from './errors.js';
import { connectionKey, destroyClient, giveBack, takeIdle } from './idle-clients.js';
import { literal } from './sql.js';

/** Every value must read the same whatever the database or role has set (notes: values through CSV without loss). */
const SESSION_SETTINGS =
  "set timezone='UTC'; set datestyle='ISO, MDY'; set intervalstyle='postgres'; set bytea_output='hex'; " +
  "set extra_float_digits=1; set lc_monetary='C'; set client_encoding='UTF8'; set xmloption=content; " +
  "set search_path='pg_catalog'; " +
  // a query whose client is gone must not go on: noticed by servers from 14 on
  "select set_config('client_connection_check_interval', '2s', false) where current_setting('server_version_num')::int >= 140000";

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
  options.signal.throwIfAborted();
  const clientConfig = clientOptions(config, options.sessionName);
  const key = connectionKey(clientConfig);
  const client = (await reused(key, options)) ?? (await connected(clientConfig, options));
  const destroy = (): void => destroyClient(client);
  options.signal.addEventListener('abort', destroy, { once: true });
  return {
    client,
    rows: async <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      (await client.query<Row>(sql, values.length ? [...values] : undefined)).rows,
    run: async (sql, values = []) => (await client.query(sql, values.length ? [...values] : undefined)).rowCount ?? 0,
    [Symbol.asyncDispose]: async () => {
      options.signal.removeEventListener('abort', destroy);
      if (options.signal.aborted) destroy();
      else await giveBack(client, key);
    },
  };
}

/**
 * Undefined when there is none, or the server has ended it meanwhile; for readers always: what is read may depend on settings
 * of database and role, which a connection learns when it is made.
 */
async function reused(key: string, { sessionName, signal }: SessionOptions): Promise<pg.Client | undefined> {
  const client = sessionName.endsWith(READER) ? undefined : takeIdle(key);
  if (!client) return undefined;
  try {
    await until(signal, client, client.query(`set application_name = ${literal(sessionName)}; ${SESSION_SETTINGS}`));
    return client;
  } catch {
    destroyClient(client);
    signal.throwIfAborted();
    return undefined;
  }
}

async function connected(config: pg.ClientConfig, { signal }: SessionOptions): Promise<pg.Client> {
  const client = new pg.Client({ ...config, types: AS_TEXT });
  client.on('error', () => undefined); // a lost connection also rejects the query in flight, which reports it
  try {
    await until(
      signal,
      client,
      client.connect().then(() => client.query(SESSION_SETTINGS)),
    );
    return client;
  } catch (error) {
    destroyClient(client);
    signal.throwIfAborted();
    throw postgresError(error, 'Cannot connect');
  }
}

/** Ends the connection, and with it what is waited for, when the signal fires. */
async function until(signal: AbortSignal, client: pg.Client, doing: Promise<unknown>): Promise<void> {
  const destroy = (): void => destroyClient(client);
  signal.addEventListener('abort', destroy, { once: true });
  await doing.finally(() => signal.removeEventListener('abort', destroy));
}
