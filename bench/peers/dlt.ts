import { peerEnvironment, scriptPath } from './environment.js';
import type { CopyJob, IncrementalJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

const VERSION = '1.31.0';
const PACKAGES = [
  `dlt[postgres]==${VERSION}`,
  'sqlalchemy==2.0.51',
  'pyarrow==26.0.1',
  'connectorx==0.4.6',
  'adbc-driver-manager==1.13.0',
  'adbc-driver-postgresql==1.13.0',
];
const environment = peerEnvironment('dlt', PACKAGES);

/**
 * dlt's `sql_database` source: `replace`, and `merge` with the upsert strategy and an incremental cursor; chunks of 50,000 rows;
 * types with precision; parquet loaded by ADBC, which copies in binary form (its fastest way into Postgres).
 */
export const dltPeer = (backend: 'pyarrow' | 'connectorx'): Peer => ({
  name: `dlt ${backend}`,
  version: `dlt ${VERSION}`,
  install: environment.install,
  fullRefresh: (job) => dltRun(backend, job),
  incremental: (job: IncrementalJob) => dltRun(backend, job, [job.cursor, job.key]),
});

function dltRun(backend: string, job: CopyJob, incremental: readonly string[] = []): Promise<Cost> {
  const { source, destination, table, folder } = job;
  return runMeasured({
    command: environment.command('python'),
    args: [scriptPath('dlt-copy.py'), backend, source, destination, table, folder, ...incremental],
    cwd: folder, // it looks for settings in the folder where it is run
  });
}
