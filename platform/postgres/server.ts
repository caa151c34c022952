/**
 * The embedded Postgres: the binaries that npm installed, one data folder in the home, reachable on 127.0.0.1 only and
 * with a password only this user can read.
 * @module
 */
import { join } from 'node:path';
import { MillraceError } from '../errors/error.js';
import { type ServerProcess, lastLines, startServer } from '../process/child.js';
import { confine } from '../process/invocation.js';
import { type PortChoice, choosePort, isFree, portBusy } from '../process/port.js';
import { type PostgresBinaries, findBinaries } from './binaries.js';
import { type DataFolder, SUPERUSER, ensureDataFolder } from './data-dir.js';
import { ensureDatabases, waitUntilReady } from './databases.js';
import { type ServerIdentity, chooseIdentity } from './identity.js';
import { clearLeftovers } from './leftovers.js';

export interface EmbeddedPostgresOptions {
  /** Must exist. Holds `postgres/`, `postgres-password` and `logs/postgres.log`. */
  readonly home: string;
  readonly port: PortChoice;
  readonly databases: readonly string[];
  /** Told what takes long, in one line for people. */
  readonly say: (line: string) => void;
  /** What npm installed when absent. */
  readonly binaries?: PostgresBinaries;
}

export interface EmbeddedPostgres extends Omit<ServerProcess, 'hasEnded'> {
  readonly port: number;
  /** Connection URL of a database with the superuser's password in it. */
  url(database: string): string;
}

/** Durability is a promise, so `fsync` stays on; the rest suits one machine and few, short queries. */
const SERVER_SETTINGS: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  max_prepared_transactions: 20,
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  // containers often have 64 MB of /dev/shm, too little for parallel queries
  ...(process.platform === 'linux' && { dynamic_shared_memory_type: 'sysv' }),
  timezone: 'UTC',
  log_timezone: 'UTC',
};

const ATTEMPTS = 3;

/**
 * Starts Postgres over the home's data folder, making it when missing and clearing up after a killed predecessor.
 * @throws MillraceError `setup.unavailable`
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = options.binaries ?? findBinaries();
  const identity = chooseIdentity(binaries, options.home);
  const folder = await ensureDataFolder(options.home, binaries, identity);
  await clearLeftovers(folder.path);
  const server = await launch({ ...options, binaries, identity, folder });
  await ensureDatabases(server.url('postgres'), options.databases);
  return server;
}

interface Launch extends EmbeddedPostgresOptions {
  readonly binaries: PostgresBinaries;
  readonly identity: ServerIdentity;
  readonly folder: DataFolder;
}

/** A free port may be taken between the look and the start, so a start that found it taken is repeated with another. */
async function launch(start: Launch, attempt = 1): Promise<EmbeddedPostgres> {
  const port = await choosePort(start.port);
  const child = await spawnServer(start, port);
  const url = (database: string): string =>
    `postgresql://${SUPERUSER}:${start.folder.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  try {
    await waitUntilReady(url('postgres'), child, start.say);
  } catch (cause) {
    await child.stop();
    const busy = !(await isFree(port));
    if (busy && attempt < ATTEMPTS && !start.port.mustBe) return launch(start, attempt + 1);
    throw busy && start.port.mustBe ? portBusy(start.port) : await startFailed(start, cause);
  }
  return { pid: child.pid, ended: child.ended, stop: child.stop, kill: child.kill, port, url };
}

function spawnServer({ binaries, identity, folder, home }: Launch, port: number): Promise<ServerProcess> {
  const settings = Object.entries(SERVER_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', folder.path, '-p', String(port), ...settings];
  return startServer({
    ...confine(binaries.postgres, args, { ...identity, signalWhenWeDie: 'INT' }),
    name: 'Postgres',
    logFile: logFile(home),
    stopSignals: ['SIGINT', 'SIGQUIT'], // fast shutdown, then immediate
    graceMs: 15_000,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
}

async function startFailed({ home }: Launch, cause: unknown): Promise<MillraceError> {
  const tail = await lastLines(logFile(home), 5);
  return new MillraceError('setup.unavailable', {
    detail: `Postgres did not start. The end of ${logFile(home)}:\n${tail}`,
    suggestion: 'Correct what the log says, or use a Postgres of your own: set DATABASE_URL.',
    cause,
  });
}

const logFile = (home: string): string => join(home, 'logs', 'postgres.log');
