/**
 * A MariaDB server of a test's own: Debian's packages over a folder that goes with it.
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Connection, createConnection } from 'mysql2/promise';
import { type ServerProcess, lastLines, startServer } from '../../platform/process/child.js';
import { confine } from '../../platform/process/invocation.js';
import { freePort } from '../../platform/process/port.js';
import { tempHome } from './temp-home.js';
import { waitFor } from './wait-for.js';

const run = promisify(execFile);
const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
const find = (program: string): string | undefined =>
  FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path));

/** In CI it must be there: `.ci/run` installs it. */
export const hasMariadb = process.env['CI'] !== undefined || find('mariadbd') !== undefined;
if (!hasMariadb)
  process.stderr.write('Skipping what reads from MySQL: it needs a MariaDB server (apt install mariadb-server).\n');

/** The command-line client. */
export const hasMariadbClient = find('mariadb') !== undefined;

type Rows = Record<string, string | null>[];

export interface Mariadb extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  /** URL with all rights. */
  url(database: string): string;
  /** As root, every value as text. */
  query(sql: string): Promise<Rows>;
  /** Another connection with all rights, which the test ends. */
  connect(database: string): Promise<Connection>;
  /** A command line of the client, with all rights. */
  clientWords(database: string): readonly string[];
  /** A new, empty database. @returns its name */
  database(name: string): Promise<string>;
}

export interface MariadbOptions {
  /** Beside those that every test needs, e.g. `--default-time-zone=+03:00`. */
  readonly args?: readonly string[];
  /** Of the server itself, e.g. `Europe/Berlin`. */
  readonly timeZone?: string;
}

const PASSWORD = 'root-pässword';

/** @example await using mariadb = await startMariadb(); */
export async function startMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const home = await tempHome('mariadb');
  try {
    const server = await launch(home.path, options);
    return { ...server, [Symbol.asyncDispose]: async () => void (await server.stop(), await home[Symbol.asyncDispose]()) };
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

async function launch(home: string, { args = [], timeZone = 'UTC' }: MariadbOptions) {
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = `--datadir=${home}/data`;
  await run(find('mariadb-install-db') ?? 'mariadb-install-db', [
    ...['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db', ...user],
  ]);
  const port = await freePort();
  const logFile = join(home, 'server.log');
  const settings = [data, `--socket=${home}/s`, `--pid-file=${home}/pid`, `--port=${port}`, '--bind-address=127.0.0.1'];
  const quick = [
    '--skip-name-resolve',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-buffer-pool-size=64M',
    '--character-set-server=utf8mb4',
  ];
  const server = await startServer({
    ...confine(find('mariadbd') ?? 'mariadbd', ['--no-defaults', ...settings, ...quick, ...user, ...args], {
      signalWhenWeDie: 'TERM',
    }),
    ...{ name: 'MariaDB', logFile, stopSignals: ['SIGTERM'], graceMs: 15_000, env: { PATH: process.env['PATH'], TZ: timeZone } },
  });
  try {
    return await administered(server, { home, port, logFile });
  } catch (error) {
    await server.stop();
    throw error;
  }
}

interface Place {
  readonly home: string;
  readonly port: number;
  readonly logFile: string;
}

async function administered(server: ServerProcess, { home, port, logFile }: Place) {
  const connect = (database: string, options: object = {}): Promise<Connection> =>
    createConnection({
      ...{ host: '127.0.0.1', port, user: 'root', password: PASSWORD, database, charset: 'utf8mb4' },
      ...{ multipleStatements: true, dateStrings: true, supportBigNumbers: true, bigNumberStrings: true },
      ...options,
    });
  const look = async () => (server.hasEnded() ? 'ended' : connect('mysql', { password: '', socketPath: join(home, 's') }));
  const first = await waitFor(look, { what: 'MariaDB answers', everyMs: 20, timeoutMs: 30_000 });
  if (first === 'ended') throw new Error(`MariaDB did not start:\n${await lastLines(logFile, 5)}`);
  await first.query(`alter user root@localhost identified by '${PASSWORD}'; create or replace user root@'127.0.0.1' identified by '${PASSWORD}';
    grant all on *.* to root@'127.0.0.1' with grant option`);
  await first.end();
  const root = await connect('mysql', { typeCast: (field: { string(): string | null }) => field.string() });
  const query = async (sql: string): Promise<Rows> => (await root.query(sql))[0] as Rows;
  return {
    ...{ pid: server.pid, port, connect, query },
    url: (database: string) => `mysql://root:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    clientWords: (database: string) => [
      ...[
        find('mariadb') ?? 'mariadb',
        '--no-defaults',
        '--host=127.0.0.1',
        `--port=${port}`,
        '--user=root',
        `--password=${PASSWORD}`,
      ],
      ...['--default-character-set=utf8mb4', database],
    ],
    database: async (name: string) => {
      await query(`create database \`${name.replaceAll('`', '``')}\``);
      return name;
    },
    stop: async () => {
      await root.end().catch(() => undefined);
      await server.stop();
    },
  };
}
