import { execFileSync } from 'node:child_process';
import { copyCommands, hasPsql, pipeLine } from '../support/psql-pipe.js';
import { query } from '../support/database.js';
import { tableDdl } from './content.js';
import type { CopyJob, Peer } from './peer.js';
import { type Cost, runMeasured } from './run-measured.js';

/** `psql COPY … | psql COPY …` into a table of the same columns: what a person does by hand, through a pipe of the shell. */
export const psqlPeer = (format: 'binary' | 'csv'): Peer => ({
  name: `psql ${format}`,
  version: psqlVersion(),
  install: async () => {
    if (!hasPsql()) throw new Error('there is no psql on this machine');
  },
  fullRefresh: (job) => pipe(job, format),
});

async function pipe({ source, destination, table }: CopyJob, format: 'binary' | 'csv'): Promise<Cost> {
  await query(destination, await tableDdl(source, table));
  const commands = copyCommands({ source, destination }, { from: table, into: table, format });
  return runMeasured({ command: 'bash', args: ['-c', pipeLine(...commands)] });
}

function psqlVersion(): string {
  if (!hasPsql()) return 'psql';
  return `psql ${/\d+(\.\d+)*/.exec(execFileSync('psql', ['--version'], { encoding: 'utf8' }))?.[0]}`;
}
