import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peerEnvironment } from './environment.js';
import type { CopyJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

const TAP = '0.10.0';
const TARGET = '0.8.1';
const tap = peerEnvironment('singer-tap', [`meltanolabs-tap-postgres==${TAP}`]);
const target = peerEnvironment('singer-target', [`meltanolabs-target-postgres==${TARGET}`]);
const PIPE = 'set -o pipefail; "$0" --config tap.json --catalog catalog.json | "$1" --config target.json';

/**
 * Singer, the MeltanoLabs pair: full table into `overwrite`, loaded by COPY in batches of 100,000 rows, without validation of
 * every record and without columns of its own. The catalog is discovered before, as one does once.
 */
export const singer: Peer = {
  name: 'singer',
  version: `tap-postgres ${TAP} | target-postgres ${TARGET} (MeltanoLabs)`,
  install: async () => {
    await tap.install();
    await target.install();
  },
  fullRefresh: async (job) => {
    await writeSettings(job);
    return pipe(job.folder);
  },
};

function pipe(folder: string): Promise<Cost> {
  const programs = [tap.command('tap-postgres'), target.command('target-postgres')];
  return runMeasured({ command: 'bash', args: ['-c', PIPE, ...programs], cwd: folder });
}

async function writeSettings({ source, destination, table, folder }: CopyJob): Promise<void> {
  const write = (name: string, settings: object): Promise<void> => writeFile(join(folder, name), JSON.stringify(settings));
  await write('tap.json', { sqlalchemy_url: withDriver(source, 'psycopg2'), filter_schemas: ['public'] });
  await write('target.json', {
    ...{ sqlalchemy_url: withDriver(destination, 'psycopg'), default_target_schema: 'public' },
    ...{ load_method: 'overwrite', use_copy: true, batch_size_rows: 100_000, validate_records: false },
    ...{ add_record_metadata: false, activate_version: false },
  });
  await write('catalog.json', { streams: [await discover(table, folder)] });
}

const withDriver = (url: string, driver: string): string => url.replace(/^postgres(ql)?:/, `postgresql+${driver}:`);

interface Stream {
  readonly tap_stream_id: string;
  readonly metadata: readonly { readonly metadata: object }[];
}

/** The stream of the table with all its columns selected. */
async function discover(table: string, cwd: string): Promise<Stream> {
  const args = ['--config', 'tap.json', '--discover'];
  const { stdout } = await promisify(execFile)(tap.command('tap-postgres'), args, { cwd, maxBuffer: 1e8 });
  const { streams } = JSON.parse(stdout) as { streams: Stream[] };
  const stream = streams.find(({ tap_stream_id }) => tap_stream_id === `public-${table}`);
  if (!stream) throw new Error(`tap-postgres does not find ${table}`);
  return { ...stream, metadata: stream.metadata.map((entry) => ({ ...entry, metadata: { ...entry.metadata, selected: true } })) };
}
