import { PORT_VARIABLES, type PortName, type Settings } from '../../platform/config/settings.js';
import type { ServerProcess } from '../../platform/process/child.js';
import type { PortChoice } from '../../platform/process/port.js';
import { startPostgres } from '../../platform/postgres/server.js';
import { findTemporal } from '../../platform/temporal/find.js';
import { startTemporal } from '../../platform/temporal/server.js';

/** What the API and the worker need to reach, and the processes behind it that are ours. */
export interface Servers {
  readonly databaseUrl: string;
  /** Connection URL of another database beside the metadata; undefined where the Postgres is not ours. */
  readonly demoUrl: string | undefined;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string | null;
  readonly children: readonly OwnedServer[];
}

export type OwnedServer = Pick<ServerProcess, 'pid' | 'ended' | 'stop' | 'kill'>;

export interface ServersOptions {
  readonly settings: Settings;
  readonly home: string;
  readonly say: (line: string) => void;
}

const METADATA = 'millrace';
const DEMO = 'demo';

type Database = Pick<Servers, 'databaseUrl' | 'demoUrl' | 'children'>;
type Engine = Pick<Servers, 'temporalAddress' | 'temporalUiUrl' | 'children'>;

/** Starts Postgres and Temporal side by side; those that the settings name are used as they are. */
export async function startServers(options: ServersOptions): Promise<Servers> {
  const [database, engine] = await allOrNone([openDatabase(options), openEngine(options)]);
  return { ...database, ...engine, children: [...engine.children, ...database.children] };
}

/** When one start fails, the server of the other is stopped before the failure is passed on. */
async function allOrNone(starts: [Promise<Database>, Promise<Engine>]): Promise<[Database, Engine]> {
  const [database, engine] = await Promise.allSettled(starts);
  if (database.status === 'fulfilled' && engine.status === 'fulfilled') return [database.value, engine.value];
  const started = [database, engine].flatMap((start) => (start.status === 'fulfilled' ? start.value.children : []));
  await Promise.all(started.map((child) => child.stop()));
  throw database.status === 'rejected' ? database.reason : (engine as PromiseRejectedResult).reason;
}

async function openDatabase({ settings, home, say }: ServersOptions): Promise<Database> {
  if (settings.databaseUrl !== undefined) {
    say('Using the Postgres that DATABASE_URL names.');
    return { databaseUrl: settings.databaseUrl, demoUrl: undefined, children: [] };
  }
  const port = choice(settings, 'postgres', settings.pgPort);
  const postgres = await startPostgres({ home, port, databases: [METADATA, DEMO], say });
  return { databaseUrl: postgres.url(METADATA), demoUrl: postgres.url(DEMO), children: [postgres] };
}

async function openEngine({ settings, home, say }: ServersOptions): Promise<Engine> {
  if (settings.temporalAddress !== undefined) {
    say(`Using the Temporal server at ${settings.temporalAddress}.`);
    return { temporalAddress: settings.temporalAddress, temporalUiUrl: settings.temporalUiUrl ?? null, children: [] };
  }
  const temporal = await startTemporal({
    binary: await findTemporal({ env: process.env, say }),
    home,
    port: choice(settings, 'temporal', settings.temporalPort),
    uiPort: choice(settings, 'temporalUi', settings.temporalUiPort),
    namespace: settings.temporalNamespace,
  });
  return { temporalAddress: temporal.address, temporalUiUrl: settings.temporalUiUrl ?? temporal.uiUrl, children: [temporal] };
}

export function choice(settings: Settings, name: PortName, port: number): PortChoice {
  return { port, mustBe: settings.requestedPorts.includes(name), variable: PORT_VARIABLES[name] };
}
