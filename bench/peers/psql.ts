import { execFileSync } from 'node:child_process';
import { hasPsql } from '../support/psql-pipe.js';
import { query } from '../support/stack.js';
import { tableDdl } from './content.js';
import type { CopyJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

const PIPE = 'set -o pipefail; psql -qX "$1" -c "$2" | psql -qX "$3" -c "$4"';

/** `psql COPY … | psql COPY …` into a table of the same columns: what a person does by hand, through a pipe of the shell. */
export const psqlPeer = (format: 'binary' | 'csv'): Peer => ({
  name: `psql ${format}`,
  version: psqlVersion(),
  install: async () => {
    if (!hasPsql()) throw new Error('there is no psql on this machine');
  },
  fullRefresh: (job) => pipe(job, format),
});

async function pipe({ source, destination, table }: CopyJob, format: string): Promise<Cost> {
  await query(destination, await tableDdl(source, table));
  const [read, write] = [`copy ${table} to stdout (format ${format})`, `copy ${table} from stdin (format ${format})`];
  return runMeasured({ command: 'bash', args: ['-c', PIPE, 'bash', source, read, destination, write] });
}

function psqlVersion(): string {
  if (!hasPsql()) return 'psql';
  return `psql ${/\d+(\.\d+)*/.exec(execFileSync('psql', ['--version'], { encoding: 'utf8' }))?.[0]}`;
}
