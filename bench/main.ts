/**
 * `npm run bench`: measures Millrace on this machine, beside its peers and in turns with them, and checks the content of what
 * was loaded.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { readOptions } from './support/options.js';
import { type SuiteReport, machine, printReport, requireFigures } from './support/report.js';
import { startBenchStack } from './support/stack.js';
import type { Suite } from './support/suite.js';
import { api } from './suites/api.js';
import { append } from './suites/append.js';
import { cursors } from './suites/cursors.js';
import { history } from './suites/history.js';
import { largeValues } from './suites/large-values.js';
import { lineitem } from './suites/lineitem.js';
import { many } from './suites/many.js';
import { merge } from './suites/merge.js';
import { mysql } from './suites/mysql.js';
import { orchestration } from './suites/orchestration.js';
import { parquet } from './suites/parquet.js';
import { peers } from './suites/peers.js';
import { small } from './suites/small.js';
import { toParquet } from './suites/to-parquet.js';
import { wide } from './suites/wide.js';

const SUITES = {
  small,
  many,
  api,
  lineitem,
  append,
  merge,
  wide,
  'large-values': largeValues,
  parquet,
  mysql,
  'to-parquet': toParquet,
  orchestration,
  history,
  cursors,
  peers,
};

const suites: Readonly<Record<string, Suite>> = SUITES;
const usual = Object.keys(suites).filter((name) => !suites[name]?.onRequest);
const options = readOptions(process.argv, { known: Object.keys(suites), usual });
if (options.list) list();
else await run();

function list(): void {
  const width = Math.max(...Object.keys(suites).map((name) => name.length));
  for (const [name, { about = '' }] of Object.entries(suites))
    process.stdout.write(`${name.padEnd(width)}  ${about}`.trimEnd() + '\n');
}

async function run(): Promise<void> {
  await using stack = await startBenchStack();
  const reports: SuiteReport[] = [];
  for (const name of options.suites) {
    const report = await suites[name]!(stack, options);
    requireFigures(report);
    process.stdout.write(`${printReport(report)}\n`);
    reports.push(report);
    await stack.dropDatabases();
    await writeReports(reports); // a later suite may fail
  }
}

async function writeReports(reports: readonly SuiteReport[]): Promise<void> {
  if (options.json === undefined) return;
  const document = { machine: machine(), at: new Date().toISOString(), reports };
  await writeFile(options.json, `${JSON.stringify(document, null, 1)}\n`);
}
