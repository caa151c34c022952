/**
 * A whole Millrace in one process and two child processes: Postgres, Temporal, the API and a worker over one folder.
 * @module
 */
import type { RunningApi, RunningWorker, StackFile } from '../../platform/config/runtime.js';
import type { Settings } from '../../platform/config/settings.js';
import { MillraceError } from '../../platform/errors/error.js';
import { choosePort } from '../../platform/process/port.js';
import { type Home, ensureSecretKeys, openHome, removeStackFile, writeStackFile } from './home.js';
import { lockHome } from './lock.js';
import { type Servers, choice, startServers } from './servers.js';

export interface StackOptions {
  readonly settings: Settings;
  readonly say: (line: string) => void;
}

export interface RunningStack {
  readonly facts: StackFile;
  /** Connection URL of the demo database; undefined where the Postgres is not ours. */
  readonly demoUrl: string | undefined;
  /** Rejects when a server or the worker ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** API stops accepting → worker drains → servers stop (I11). */
  stop(): Promise<void>;
  /** Ends the servers at once, for a way out that cannot wait. */
  kill(): void;
}

/** What has been started so far, in order; ended in the opposite one. */
type Ending = () => Promise<unknown> | void;

/**
 * Starts a stack over the home that the settings name. When any part fails, what was started is stopped again.
 * @throws MillraceError
 */
export async function startStack({ settings, say }: StackOptions): Promise<RunningStack> {
  const programs = loadPrograms();
  const home = openHome(settings.home);
  const lock = lockHome(home.lockFile);
  const endings: Ending[] = [() => lock.release()];
  try {
    removeStackFile(home);
    const servers = await startServers({ settings, home: home.path, say });
    endings.push(() => Promise.all(servers.children.map((child) => child.stop())));
    const { api, worker } = await startPrograms({ settings, home, servers, programs, endings });
    const facts = factsOf(settings, home, servers, api);
    writeStackFile(home, facts);
    endings.push(() => removeStackFile(home));
    return {
      facts,
      demoUrl: servers.demoUrl,
      failed: firstFailure(servers, worker),
      stop: () => endAll(endings),
      kill: () => servers.children.forEach((child) => child.kill()),
    };
  } catch (error) {
    await endAll(endings);
    throw error;
  }
}

/**
 * Loading their code takes longer than starting the servers, so it goes on meanwhile. The worker's comes first: it starts
 * threads of its own, and the API's is loaded while they get ready.
 */
function loadPrograms(): Programs {
  const worker = Promise.all([import('../../api/bootstrap-key.js'), import('../../worker/main.js')]);
  const api = worker.then(() => import('../../api/server.js'));
  for (const loading of [worker, api]) loading.catch(() => undefined); // whoever waits for it sees it
  return { worker, api };
}

interface Programs {
  readonly worker: Promise<[typeof import('../../api/bootstrap-key.js'), typeof import('../../worker/main.js')]>;
  readonly api: Promise<typeof import('../../api/server.js')>;
}

/** Whoever started the stack set its environment, and holds the key to its API. */
const OWN_MACHINE = ['*'];

interface ProgramStart {
  readonly settings: Settings;
  readonly home: Home;
  readonly servers: Servers;
  readonly programs: Programs;
  readonly endings: Ending[];
}

async function startPrograms(start: ProgramStart): Promise<{ api: RunningApi; worker: RunningWorker }> {
  const { settings, home, servers, programs, endings } = start;
  const [secretKey, ...others] = settings.secretKey ? [settings.secretKey] : ensureSecretKeys(home);
  const own = { secretEnv: settings.secretEnv ?? OWN_MACHINE, oldSecretKeys: [...settings.oldSecretKeys, ...others] };
  const shared = {
    settings: { ...settings, ...own },
    secretKey,
    databaseUrl: servers.databaseUrl,
    temporalAddress: servers.temporalAddress,
  };
  const [{ ensureAdminKey }, { startWorker }] = await programs.worker;
  await ensureAdminKey(servers.databaseUrl, home.apiKeyFile); // migrates, so that API and worker need not race for it
  const starting = startWorker({
    ...shared,
    namespace: settings.temporalNamespace,
    stageUrl: settings.stageUrl ?? home.stageUrl,
  });
  starting.catch(() => undefined); // it is waited for below
  endings.push(() => starting.then((worker) => worker.drain()).catch(() => undefined));
  let worker: RunningWorker | undefined;
  const { startApi } = await programs.api;
  const api = await startApi({
    ...shared,
    ...(servers.temporalUiUrl !== null && { temporalUiUrl: servers.temporalUiUrl }),
    stageUrl: settings.stageUrl ?? home.stageUrl,
    port: await choosePort(choice(settings, 'api', settings.apiPort)),
    host: settings.apiHost,
    workerState: () => worker?.state() ?? 'STARTING',
  });
  endings.push(() => api.close());
  worker = await starting;
  return { api, worker };
}

function factsOf(settings: Settings, home: Home, servers: Servers, api: RunningApi): StackFile {
  return {
    apiUrl: api.url,
    apiKeyFile: home.apiKeyFile,
    databaseUrl: servers.databaseUrl,
    temporalAddress: servers.temporalAddress,
    temporalUiUrl: servers.temporalUiUrl,
    stageUrl: settings.stageUrl ?? home.stageUrl,
    pid: process.pid,
  };
}

function firstFailure(servers: Servers, worker: RunningWorker): Promise<never> {
  const ended = servers.children.map(async (child): Promise<never> => {
    throw new MillraceError('setup.unavailable', {
      detail: await child.ended,
      suggestion: 'Start again: the stack goes on where it was.',
    });
  });
  const failed = Promise.race([...ended, worker.failed]);
  failed.catch(() => undefined); // whoever waits for it sees it; nobody has to
  return failed;
}

async function endAll(endings: Ending[]): Promise<void> {
  const failures: unknown[] = [];
  for (let end = endings.pop(); end; end = endings.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
