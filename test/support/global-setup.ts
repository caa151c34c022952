import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../platform/postgres/server.js';
import { isAlive } from '../../platform/process/inspect.js';
import type { PortChoice } from '../../platform/process/port.js';
import { findTemporal } from '../../platform/temporal/find.js';
import { startTemporal } from '../../platform/temporal/server.js';
import { openRunFolder } from './run-folder.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The servers that all integration tests share; see `servers.ts`. */
    readonly servers: SharedServers;
  }
}

export interface SharedServers {
  /** Connection URL of the maintenance database with superuser rights. */
  readonly postgresUrl: string;
  /** host:port */
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  readonly temporalBinary: string;
}

const anyPort = (variable: string): PortChoice => ({ port: 0, mustBe: false, variable });
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Starts one Postgres and one Temporal server for the whole run and takes both down after it, with every file of theirs. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporary = openRunFolder();
  const home = await mkdtemp(join(temporary.path, 'servers-'));
  const temporalBinary = await findTemporal({ env: process.env, say });
  const [postgres, temporal] = await Promise.all([
    startPostgres({ home, port: anyPort('MILLRACE_PG_PORT'), databases: [], say }),
    startTemporal({
      binary: temporalBinary,
      home,
      port: anyPort('MILLRACE_TEMPORAL_PORT'),
      uiPort: anyPort('MILLRACE_TEMPORAL_UI_PORT'),
      namespace: 'default',
    }),
  ]);
  project.provide('servers', {
    postgresUrl: postgres.url('postgres'),
    temporalAddress: temporal.address,
    temporalUiUrl: temporal.uiUrl,
    temporalBinary,
  });
  return async () => {
    const endedEarly = [postgres, temporal].filter(({ pid }) => !isAlive(pid));
    await Promise.all([postgres.stop(), temporal.stop()]);
    const logs = endedEarly.length > 0 ? await readLogs(home) : '';
    await rm(home, { recursive: true, force: true });
    const complaints = [logs && `a shared server ended during the tests:\n${logs}`, await temporary.close()].filter(
      (text) => text !== '',
    );
    if (complaints.length === 0) return;
    process.exitCode = 1; // vitest prints what a teardown throws, and exits 0
    throw new Error(complaints.join('\n'));
  };
}

async function readLogs(home: string): Promise<string> {
  const logs = ['postgres.log', 'temporal.log'].map((name) => readFile(join(home, 'logs', name), 'utf8').catch(() => ''));
  return (await Promise.all(logs)).map((text) => text.slice(-2_000)).join('\n');
}
