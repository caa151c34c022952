import { peerEnvironment, scriptPath } from './environment.js';
import type { Peer } from './peer.js';
import { runMeasured } from './run-measured.js';

const VERSION = '1.5.5';
const environment = peerEnvironment('duckdb', [`duckdb==${VERSION}`, `duckdb-extension-postgres-scanner==${VERSION}`]);

/**
 * DuckDB with its postgres extension: both sides attached, `CREATE TABLE … AS SELECT`. Defaults, which are its fastest: binary
 * COPY both ways, pages read in parallel; and rows in any order. It has no incremental loads.
 */
export const duckdb: Peer = {
  name: 'duckdb',
  version: `duckdb ${VERSION}`,
  install: environment.install,
  fullRefresh: ({ source, destination, table }) =>
    runMeasured({ command: environment.command('python'), args: [scriptPath('duckdb-copy.py'), source, destination, table] }),
};
