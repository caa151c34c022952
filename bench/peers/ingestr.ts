import { peerEnvironment } from './environment.js';
import { query } from '../support/database.js';
import { columnsOf } from './content.js';
import type { CopyJob, IncrementalJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

/** The last whose package on PyPI holds the program; later ones load it from GitHub when they first run. */
const VERSION = '1.1.22';
const environment = peerEnvironment('ingestr', [`ingestr==${VERSION}`]);

/**
 * ingestr: `replace`, and `merge` by primary and incremental key, as documented for databases; pages of 50,000 rows instead of
 * 25,000; no column of load times, which the others do not write either. It remembers nothing: whoever starts it says from where,
 * else it merges all rows again. Here that is the largest cursor value of the target.
 */
export const ingestr: Peer = {
  name: 'ingestr',
  version: `ingestr ${VERSION}`,
  install: environment.install,
  fullRefresh: (job) => ingest(job, ['--incremental-strategy', 'replace']),
  incremental: async (job) => {
    const keys = ['--incremental-key', job.cursor, '--primary-key', job.key];
    return ingest(job, ['--incremental-strategy', 'merge', ...keys, ...(await intervalOf(job))]);
  },
};

async function intervalOf({ destination, table, cursor }: IncrementalJob): Promise<string[]> {
  if ((await columnsOf(destination, table)).length === 0) return [];
  const iso = `to_char(max(${cursor}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  const [row] = await query<{ since: string }>(destination, `select ${iso} as since from ${table}`);
  return row ? ['--interval-start', row.since] : [];
}

function ingest({ source, destination, table, folder }: CopyJob, strategy: readonly string[]): Promise<Cost> {
  const ends = [
    '--source-uri',
    source,
    '--dest-uri',
    destination,
    '--source-table',
    `public.${table}`,
    '--dest-table',
    `public.${table}`,
  ];
  const settings = ['--page-size', '50000', '--no-load-timestamp', '--pipelines-dir', folder, '--progress', 'log', '--yes'];
  return runMeasured({
    command: environment.command('ingestr'),
    args: ['ingest', ...ends, ...settings, ...strategy],
    // One of its drivers leaves a cache in the user's folders whatever is copied.
    env: { INGESTR_DISABLE_TELEMETRY: 'true', DISABLE_TELEMETRY: 'true', HOME: folder, XDG_CACHE_HOME: folder },
  });
}
