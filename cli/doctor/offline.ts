/**
 * What can be looked at while nothing runs.
 * @module
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PORT_VARIABLES, type PortName, type Settings } from '../../platform/config/settings.js';
import { isFree } from '../../platform/process/port.js';
import { cachedBinary, onPath } from '../../platform/temporal/find.js';
import { type Check, fail, pass, warn } from './check.js';

const GB = 1_000_000_000;
const MUCH_DISK = 5 * GB;
const LITTLE_DISK = GB / 2;

export function offlineChecks(settings: Settings, env: NodeJS.ProcessEnv, stackRuns: boolean): readonly Check[] {
  return [
    { name: 'node', run: async () => pass(`${process.version} on ${process.platform} ${process.arch}`) },
    { name: 'settings', run: async () => describeSettings(settings) },
    { name: 'home', run: async () => checkHome(settings.home) },
    { name: 'disk space', run: () => checkDisk(stageFolder(settings)) },
    { name: 'ports', run: () => checkPorts(settings, stackRuns) },
    { name: 'DuckDB', run: checkDuckDb },
    { name: 'packages', run: () => checkPackages(settings) },
    { name: 'Temporal binary', run: async () => checkBinary(settings, env) },
  ];
}

function describeSettings({ databaseUrl, temporalAddress, stageUrl, secretKey }: Settings): ReturnType<typeof pass> {
  const own = [databaseUrl && 'DATABASE_URL', temporalAddress && 'TEMPORAL_ADDRESS', stageUrl && 'MILLRACE_STAGE_URL'].filter(
    Boolean,
  );
  if (databaseUrl && temporalAddress && !secretKey) {
    return warn('MILLRACE_SECRET_KEY is not set.', 'Set it for millrace api and millrace worker: openssl rand -base64 32.');
  }
  return pass(own.length === 0 ? 'valid; everything embedded' : `valid; set: ${own.join(', ')}`);
}

/** Connector packages of others, as a process that is started here would load them. */
async function checkPackages({ connectors }: Settings): Promise<ReturnType<typeof pass>> {
  const { examinePackages } = await import('../../connectors/packages/examine.js');
  const packages = await examinePackages(process.cwd(), connectors);
  const broken = packages.find(({ fault, configured }) => fault && configured) ?? packages.find(({ fault }) => fault);
  if (broken?.fault) return (broken.configured ? fail : warn)(broken.fault.detail, broken.fault.fix);
  return pass(packages.length === 0 ? 'no connectors but those of this build' : packages.map(({ loads }) => loads).join('; '));
}

function checkHome(home: string): ReturnType<typeof pass> {
  const place = existing(home);
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return pass(place === home ? home : `${home} (made at the first start)`);
  } catch {
    return fail(`${place} is not writable.`, 'Set MILLRACE_HOME to a folder you may write to.');
  }
}

function stageFolder({ home, stageUrl }: Settings): string {
  return stageUrl?.startsWith('file:') ? fileURLToPath(stageUrl) : home;
}

async function checkDisk(folder: string): Promise<ReturnType<typeof pass>> {
  const { bavail, bsize } = await statfs(existing(folder));
  const free = bavail * bsize;
  const text = `${(free / GB).toFixed(1)} GB free for ${folder}`;
  if (free < LITTLE_DISK) return fail(text, 'Free space: rows are staged there before they are loaded.');
  return free < MUCH_DISK ? warn(text, 'Large runs may fill it.') : pass(text);
}

/** The nearest folder above that is there. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

/** A default port that is busy gives way to another; one that was asked for does not. */
async function checkPorts(settings: Settings, stackRuns: boolean): Promise<ReturnType<typeof pass>> {
  if (stackRuns) return pass('taken by the stack that runs');
  const { apiPort, pgPort, temporalPort, temporalUiPort, requestedPorts } = settings;
  const ports: Record<PortName, number> = { api: apiPort, postgres: pgPort, temporal: temporalPort, temporalUi: temporalUiPort };
  const busy: PortName[] = [];
  for (const name of Object.keys(ports) as PortName[]) if (ports[name] !== 0 && !(await isFree(ports[name]))) busy.push(name);
  if (busy.length === 0) return pass('free');
  const text = `busy: ${busy.map((name) => `${ports[name]} (${PORT_VARIABLES[name]})`).join(', ')}`;
  const needed = busy.filter((name) => requestedPorts.includes(name));
  if (needed.length === 0) return warn(text, 'A start takes others; set the variables to choose.');
  return fail(
    text,
    `Stop what listens there, or set ${needed.map((name) => PORT_VARIABLES[name]).join(', ')} to another (0 = any).`,
  );
}

async function checkDuckDb(): Promise<ReturnType<typeof pass>> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll('select version() as version, sum(i) as total from range(1000) as r(i)');
  const [row] = reader.getRowsJson();
  connection.closeSync();
  return String(row?.[1]) === '499500'
    ? pass(String(row?.[0]))
    : fail(`It answers ${String(row?.[1])}.`, 'Install again: npm ci.');
}

function checkBinary({ temporalAddress }: Settings, env: NodeJS.ProcessEnv): ReturnType<typeof pass> {
  if (temporalAddress !== undefined) return pass('not needed: TEMPORAL_ADDRESS names a server');
  const binary = onPath('temporal', env) ?? (existsSync(cachedBinary(env)) ? cachedBinary(env) : undefined);
  return binary === undefined ? warn('not here yet', 'millrace start gets it; millrace temporal gets it now.') : pass(binary);
}
