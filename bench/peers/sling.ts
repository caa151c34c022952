import { join } from 'node:path';
import { peerEnvironment } from './environment.js';
import type { CopyJob, IncrementalJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

/** The last of which PyPI holds the program; later ones load it from GitHub when they first run. */
const VERSION = '1.4.11';
const environment = peerEnvironment('sling', [`sling-linux-amd64==${VERSION}`]);

/** sling: `full-refresh`, and `incremental` by primary and update key, as documented for databases; bulk loading is its default. */
export const sling: Peer = {
  name: 'sling',
  version: `sling ${VERSION}`,
  install: environment.install,
  fullRefresh: (job) => slingRun(job, ['--mode', 'full-refresh']),
  incremental: (job: IncrementalJob) =>
    slingRun(job, ['--mode', 'incremental', '--primary-key', job.key, '--update-key', job.cursor]),
};

function slingRun({ source, destination, table, folder }: CopyJob, mode: readonly string[]): Promise<Cost> {
  const plain = (url: string): string => `${url}?sslmode=disable`;
  return runMeasured({
    command: environment.packageFile('sling_linux_amd64', 'bin', 'sling-linux-amd64'),
    args: [
      'run',
      ...['--src-conn', plain(source), '--src-stream', `public.${table}`],
      ...['--tgt-conn', plain(destination), '--tgt-object', `public.${table}`],
      ...mode,
    ],
    env: { SLING_HOME_DIR: join(folder, 'sling'), SLING_DISABLE_TELEMETRY: 'true' },
  });
}
