/**
 * A Millrace as it runs in production, over servers of its own: API and workers are real processes, and everything between
 * them, the databases and Temporal passes proxies.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type EmbeddedPostgres, startPostgres } from '../../platform/postgres/server.js';
import type { PortChoice } from '../../platform/process/port.js';
import { startTemporal } from '../../platform/temporal/server.js';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.js';
import { type SmallDisk, mountSmallDisk } from './disk.js';
import { DATABASES, type Database, type Link } from './plan.js';
import { Service } from './service.js';

export interface ChaosStack extends AsyncDisposable {
  readonly links: Readonly<Record<Link, TcpProxy>>;
  readonly workers: readonly Service[];
  readonly api: Service;
  /** The disk under the stage; undefined where nothing may be mounted. */
  readonly disk: SmallDisk | undefined;
  /** Connection URL without a proxy in between. */
  url(database: Database): string;
  /** Connection URL as Millrace has it. */
  proxiedUrl(database: Database): string;
  apiUrl(): string;
  apiKey(): string;
  /** SIGKILL, and a new server over the same files after so long. */
  killTemporal(downMs: number): Promise<void>;
}

export interface StackOptions {
  readonly folder: string;
  readonly workers: number;
  readonly temporalBinary: string;
  readonly say: (line: string) => void;
  /** Leaves the files in the folder. */
  readonly keep: boolean;
}

type Ending = () => unknown;

/** Small, so that every run has several slices. */
const SLICE_BYTES = 60_000;
const API_READY = /ready at (\S+)/;

const anyPort = (variable: string): PortChoice => ({ port: 0, mustBe: false, variable });

export async function startChaosStack(options: StackOptions): Promise<ChaosStack> {
  const endings: Ending[] = [];
  const dispose = async (): Promise<void> => {
    for (const end of endings.splice(0).toReversed()) await end();
  };
  try {
    const stack = await open(options, endings);
    return { ...stack, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function open(options: StackOptions, endings: Ending[]): Promise<Omit<ChaosStack, typeof Symbol.asyncDispose>> {
  const { folder, keep } = options;
  mkdirSync(join(folder, 'logs'));
  const disk = mountSmallDisk(join(folder, 'stage'));
  endings.push(() => disk?.remove(keep));
  const [postgres, temporal] = [await openPostgres(options, endings), await openTemporal(options, endings)];
  const links = await openLinks(postgres, temporal, endings);
  const proxiedUrl = (database: Database): string => {
    const url = new URL(postgres.url(database));
    url.host = links[database].address;
    return url.href;
  };
  const { api, workers } = openServices(options, {
    DATABASE_URL: proxiedUrl('metadata'),
    TEMPORAL_ADDRESS: links.temporal.address,
  });
  endings.push(() => Promise.all([api, ...workers].map((service) => service.stop())));
  await Promise.all([api, ...workers].map((service) => service.ready()));
  return {
    ...{ links, disk, proxiedUrl, workers, api },
    url: (database) => postgres.url(database),
    apiUrl: () => apiUrlOf(api),
    apiKey: () => readFileSync(join(folder, 'api-key'), 'utf8').trim(),
    killTemporal: async (downMs) => links.temporal.retarget(await temporal.kill(downMs)),
  };
}

async function openPostgres({ folder, say }: StackOptions, endings: Ending[]): Promise<EmbeddedPostgres> {
  const port = anyPort('MILLRACE_PG_PORT');
  const postgres = await startPostgres({ home: folder, port, databases: DATABASES, say });
  endings.push(() => postgres.stop());
  return postgres;
}

interface MortalTemporal {
  readonly port: number;
  /** @returns the port of its successor */
  kill(downMs: number): Promise<number>;
}

async function openTemporal({ folder, temporalBinary }: StackOptions, endings: Ending[]): Promise<MortalTemporal> {
  const ports = { port: anyPort('MILLRACE_TEMPORAL_PORT'), uiPort: anyPort('MILLRACE_TEMPORAL_UI_PORT') };
  const start = () => startTemporal({ binary: temporalBinary, home: folder, namespace: 'default', ...ports });
  let server = await start();
  endings.push(() => server.stop());
  const port = (): number => Number(server.address.split(':')[1]);
  const kill = async (downMs: number): Promise<number> => {
    server.kill();
    await server.ended;
    await sleep(downMs);
    server = await start();
    return port();
  };
  return { port: port(), kill };
}

async function openLinks(postgres: EmbeddedPostgres, temporal: MortalTemporal, endings: Ending[]): Promise<ChaosStack['links']> {
  const [source, destination, metadata] = await Promise.all([postgres.port, postgres.port, postgres.port].map(tcpProxy));
  const links = { source: source!, destination: destination!, metadata: metadata!, temporal: await tcpProxy(temporal.port) };
  endings.push(() => Promise.all(Object.values(links).map((link) => link[Symbol.asyncDispose]())));
  return links;
}

type Servers = Readonly<Record<'DATABASE_URL' | 'TEMPORAL_ADDRESS', string>>;

function openServices({ folder, workers }: StackOptions, servers: Servers): Pick<ChaosStack, 'api' | 'workers'> {
  const env = {
    ...servers,
    MILLRACE_STAGE_URL: pathToFileURL(join(folder, 'stage')).href,
    MILLRACE_SECRET_KEY: randomBytes(32).toString('base64'),
    MILLRACE_SLICE_BYTES: String(SLICE_BYTES),
    MILLRACE_LOG_LEVEL: 'warn',
    MILLRACE_HOME: folder,
  };
  const service = (name: string, args: readonly string[]): Service =>
    new Service({ name, args, env, logFile: join(folder, 'logs', `${name.replace(' ', '-')}.log`) });
  const names = Array.from({ length: workers }, (_, index) => `worker ${index}`);
  return {
    api: service('api', ['api', '--key-file', join(folder, 'api-key')]),
    workers: names.map((name) => service(name, ['worker'])),
  };
}

/** @throws Error while the API is down */
function apiUrlOf(api: Service): string {
  const url = API_READY.exec(api.said())?.[1];
  if (url === undefined) throw new Error('the API is down');
  return url;
}
