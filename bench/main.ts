/**
 * `npm run bench`: measures Millrace on this machine, beside its peers and in turns with them, and checks the content of what
 * was loaded.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { machine, printReport } from './support/report.js';
import { startBenchStack } from './support/stack.js';
import { cursors } from './suites/cursors.js';
import { history } from './suites/history.js';
import { lineitem } from './suites/lineitem.js';
import { merge } from './suites/merge.js';
import { peers } from './suites/peers.js';
import { small } from './suites/small.js';

const SUITES = { small, lineitem, merge, history, cursors, peers };

const { suite, quick, repeat, scale, json } = new Command('bench')
  .description(`Suites: ${Object.keys(SUITES).join(', ')}.`)
  .option('--suite <name>', 'only this suite')
  .option('--quick', 'little data, only to see that everything works', false)
  .option('--repeat <n>', 'repetitions', Number, 3)
  .option('--scale <factor>', 'TPC-H scale factor of lineitem; 1 = 6 million rows', Number, 1)
  .option('--json <file>', 'also write the figures there')
  .parse()
  .opts<{ suite?: string; quick: boolean; repeat: number; scale: number; json?: string }>();

const chosen = Object.entries(SUITES).filter(([name]) => (suite === undefined ? name !== 'peers' : suite === name));
if (chosen.length === 0) throw new Error(`There is no suite ${suite}; there are ${Object.keys(SUITES).join(', ')}.`);

await using stack = await startBenchStack();
const reports = [];
for (const [, run] of chosen) {
  const report = await run(stack, { quick, repeat: quick ? 1 : repeat, scale });
  process.stdout.write(`${printReport(report)}\n`);
  reports.push(report);
}
if (json !== undefined)
  await writeFile(json, `${JSON.stringify({ machine: machine(), at: new Date().toISOString(), reports }, null, 1)}\n`);
