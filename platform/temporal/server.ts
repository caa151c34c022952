/**
 * The embedded Temporal server: the CLI's development server with a SQLite file in the home, tuned for small syncs.
 * @module
 */
import { join } from 'node:path';
import { MillraceError } from '../errors/error.js';
import { type ServerProcess, lastLines, startServer } from '../process/child.js';
import { confine } from '../process/invocation.js';
import { endOrphans, findByCommand } from '../process/orphans.js';
import { type PortChoice, choosePort, isFree, portBusy } from '../process/port.js';
import { databaseFile, markComplete, prepareDataFolder } from './data-dir.js';
import { waitUntilServing } from './ready.js';

export interface EmbeddedTemporalOptions {
  /** From `findTemporal`. */
  readonly binary: string;
  /** Must exist. Holds `temporal/` and `logs/temporal.log`. */
  readonly home: string;
  readonly port: PortChoice;
  readonly uiPort: PortChoice;
  readonly namespace: string;
}

export interface EmbeddedTemporal extends Omit<ServerProcess, 'hasEnded'> {
  /** host:port of gRPC */
  readonly address: string;
  readonly uiUrl: string;
}

/** Typed attributes by which runs are found in the Temporal UI. */
export const SEARCH_ATTRIBUTES = {
  MillraceWorkspace: 'Keyword',
  MillraceConnection: 'Keyword',
  MillraceSource: 'Keyword',
  MillraceDestination: 'Keyword',
  MillraceTrigger: 'Keyword',
  MillraceOutcome: 'Keyword',
  MillraceRows: 'Int',
} as const;

/** Measured 4 to 8 times faster than the defaults for small syncs. WAL with NORMAL survives a crash of the process. */
const DYNAMIC_CONFIG = [
  'system.enableActivityEagerExecution=true',
  'history.transferProcessorMaxPollRPS=2000',
  'history.transferProcessorMaxPollHostRPS=5000',
  'system.forceSearchAttributesCacheRefreshOnRead=true',
];
const PRAGMAS = ['journal_mode=wal', 'synchronous=1'];
/** Go collects its garbage half as often: a tenth less CPU for small syncs, and some 60 MB more. */
const GOGC = '200';

const HOST = '127.0.0.1';
const ATTEMPTS = 3;

/**
 * Starts the server over the home's database, ending what a killed predecessor left running.
 * @throws MillraceError `setup.unavailable`
 */
export async function startTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const leftovers = findByCommand([' server start-dev ', ` --db-filename ${databaseFile(options.home)} `]);
  if (!(await endOrphans(leftovers, ['SIGTERM']))) throw stillRunning(options.home, leftovers);
  await prepareDataFolder(options.home);
  const server = await launch(options);
  await markComplete(options.home);
  return server;
}

/** The server picks more ports by itself and may lose a race for one of them, so a start that failed is repeated. */
async function launch(options: EmbeddedTemporalOptions, attempt = 1): Promise<EmbeddedTemporal> {
  const [port, uiPort] = [await choosePort(options.port), await choosePort(options.uiPort)];
  const child = await spawnServer(options, port, uiPort);
  const address = `${HOST}:${port}`;
  try {
    await waitUntilServing(address, options.namespace, child);
  } catch (cause) {
    await child.stop();
    await refuseBusyPorts(options);
    if (attempt < ATTEMPTS && child.hasEnded()) return launch(options, attempt + 1);
    throw await startFailed(options.home, cause);
  }
  return { pid: child.pid, ended: child.ended, stop: child.stop, kill: child.kill, address, uiUrl: `http://${HOST}:${uiPort}` };
}

function spawnServer(options: EmbeddedTemporalOptions, port: number, uiPort: number): Promise<ServerProcess> {
  const args = [
    ...['server', 'start-dev', '--db-filename', databaseFile(options.home), '--namespace', options.namespace],
    ...['--ip', HOST, '--port', String(port), '--ui-ip', HOST, '--ui-port', String(uiPort)],
    ...['--log-level', 'warn', '--log-format', 'text', '--color', 'never'],
    ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
    ...PRAGMAS.flatMap((value) => ['--sqlite-pragma', value]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
  return startServer({
    ...confine(options.binary, args, { signalWhenWeDie: 'TERM' }),
    name: 'The Temporal server',
    logFile: logFile(options.home),
    stopSignals: ['SIGTERM'],
    graceMs: 10_000,
    // nothing of ours: TEMPORAL_* and the user's own CLI configuration are meant for other servers
    env: { PATH: process.env['PATH'], HOME: options.home, GOGC },
  });
}

async function refuseBusyPorts({ port, uiPort }: EmbeddedTemporalOptions): Promise<void> {
  for (const choice of [port, uiPort]) {
    if (choice.mustBe && choice.port !== 0 && !(await isFree(choice.port))) throw portBusy(choice);
  }
}

async function startFailed(home: string, cause: unknown): Promise<MillraceError> {
  const tail = await lastLines(logFile(home), 5);
  return new MillraceError('setup.unavailable', {
    detail: `The Temporal server did not start. The end of ${logFile(home)}:\n${tail}`,
    suggestion: 'Correct what the log says, or use a server of your own: set TEMPORAL_ADDRESS.',
    cause,
  });
}

function stillRunning(home: string, pids: readonly number[]): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `A Temporal server of an earlier start still runs on ${databaseFile(home)} (pid ${pids.join(', ')}) and cannot be ended.`,
    suggestion: 'End it by hand, or use another MILLRACE_HOME.',
  });
}

const logFile = (home: string): string => join(home, 'logs', 'temporal.log');
