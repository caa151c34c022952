import type { Socket } from 'node:net';
import type { Connection, ConnectionOptions as DriverOptions } from 'mysql2';
import { ReusingSocket } from '../../../platform/net/reusing-socket.js';
import { type ConnectionOptions, type MysqlSourceConfig, connectionOptions } from './config.js';
import { mysqlError } from './errors.js';

/**
 * Every value must read the same whatever server and user have set. Literals have no backslash escapes, times are UTC, and
 * nothing can be written.
 */
const SESSION_SETTINGS = [
  'set names utf8mb4',
  `set session time_zone = '+00:00', sql_mode = 'NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION', sql_big_selects = 1, autocommit = 1,
     net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 28800, sql_select_limit = 18446744073709551615`,
  'set session transaction isolation level repeatable read, read only',
];
const MYSQL_ONLY = 'set session max_execution_time = 0, information_schema_stats_expiry = 0';
const MARIADB_ONLY = 'set session max_statement_time = 0';

/** Ends a statement whose client is gone: the server itself notices only when it has rows to send. */
const KILL_TIMEOUT_MS = 2_000;

export interface Session extends AsyncDisposable {
  /** Of the connection as the server counts it. */
  readonly id: number;
  readonly isMariadb: boolean;
  /** Where rows come from and statements go to while nothing else is under way. */
  readonly socket: Socket;
  /** Stands before every statement, so that reads of ours are known as such. */
  readonly mark: string;
  /** Rows with every value as text or null. */
  rows<Row extends object>(sql: string, values?: readonly string[]): Promise<Row[]>;
  run(sql: string): Promise<void>;
  /** At once, with all that is under way. */
  destroy(): void;
}

interface SessionOptions {
  readonly sessionName: string;
  readonly signal: AbortSignal;
}

/** How the statements of our reads begin: they write nothing, and no read of ours waits for another. */
export const READ_MARK = '/* millrace/';

/**
 * One connection with pinned settings. When `signal` fires the socket is destroyed and the server told to end what it is
 * doing, so that no query outlives its caller.
 *
 * @throws MillraceError `connector.unreachable`, `connector.auth_failed` …
 */
export async function openSession(config: MysqlSourceConfig, { sessionName, signal }: SessionOptions): Promise<Session> {
  signal.throwIfAborted();
  const options = driverOptions(config, sessionName);
  const { createConnection } = await import('mysql2');
  const connection = createConnection(options);
  connection.on('error', () => undefined); // a lost connection also rejects the query in flight, which reports it
  const abort = (): void => {
    destroy(connection);
    if (connection.threadId) void kill(options, connection.threadId);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await connected(connection);
    const session = sessionOn(connection, {
      mark: markOf(sessionName),
      forget: () => signal.removeEventListener('abort', abort),
    });
    for (const setting of SESSION_SETTINGS) await session.run(setting);
    await session.run(session.isMariadb ? MARIADB_ONLY : MYSQL_ONLY);
    return session;
  } catch (error) {
    signal.removeEventListener('abort', abort);
    destroy(connection);
    signal.throwIfAborted();
    throw mysqlError(error, 'Cannot connect');
  }
}

const markOf = (sessionName: string): string => `${READ_MARK}${sessionName.replace(/^millrace\//, '').replaceAll('*/', '')} */ `;

function sessionOn(connection: Connection, { mark, forget }: { readonly mark: string; readonly forget: () => void }): Session {
  const query = (sql: string, values: readonly string[] = []): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const asText = { sql: mark + sql, values: [...values], typeCast: (field: { string(): string | null }) => field.string() };
      connection.query(asText, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  return {
    id: connection.threadId ?? 0,
    isMariadb: inner(connection)._handshakePacket?.serverVersion?.includes('MariaDB') === true,
    mark,
    get socket() {
      return inner(connection).stream;
    },
    rows: async <Row extends object>(sql: string, values: readonly string[] = []) => (await query(sql, values)) as Row[],
    run: async (sql) => void (await query(sql)),
    destroy: () => destroy(connection),
    [Symbol.asyncDispose]: async () => {
      forget();
      await ended(connection);
    },
  };
}

interface Inner {
  readonly stream: Socket;
  readonly _handshakePacket?: { readonly serverVersion?: string };
}

const inner = (connection: Connection): Inner => connection as unknown as Inner;

/** The driver would write a farewell first, into a socket that may be blocked. */
const destroy = (connection: Connection): void => void inner(connection).stream.destroy();

const connected = (connection: Connection): Promise<void> =>
  new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));

function ended(connection: Connection): Promise<void> {
  if (inner(connection).stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    inner(connection).stream.once('close', () => resolve());
    connection.end(() => destroy(connection));
  });
}

function driverOptions(config: MysqlSourceConfig, sessionName: string): DriverOptions {
  const { host, port, user, password, database, ssl } = connectionOptions(config);
  return {
    ...{ host, port, user, password },
    ...(database === undefined ? {} : { database }),
    charset: 'utf8mb4',
    flags: ['-LOCAL_FILES'], // no server may ask for a file of ours
    connectTimeout: config.connectTimeoutMs,
    connectAttributes: { program_name: sessionName },
    ...(ssl === 'disable' ? { stream: () => socketTo({ host, port }) } : { ssl: sslOptions(ssl) }),
  };
}

const sslOptions = (ssl: 'require' | 'verify-full') =>
  ssl === 'verify-full' ? { rejectUnauthorized: true, verifyIdentity: true } : { rejectUnauthorized: false };

function socketTo({ host, port }: Pick<ConnectionOptions, 'host' | 'port'>): Socket {
  const socket = new ReusingSocket();
  socket.setNoDelay(true).setKeepAlive(true);
  return socket.connect(port, host);
}

/** Nobody waits for it, and it never fails: the server ends the statement by itself later. */
async function kill(options: DriverOptions, id: number): Promise<void> {
  const { createConnection } = await import('mysql2');
  const connection = createConnection({ ...options, connectTimeout: KILL_TIMEOUT_MS });
  const end = (): void => {
    clearTimeout(timer);
    destroy(connection);
  };
  const timer = setTimeout(end, KILL_TIMEOUT_MS).unref();
  connection.on('error', end);
  connection.query(`kill ${id}`, end);
}
