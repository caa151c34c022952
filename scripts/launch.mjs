/**
 * What `npm start`, `npm test` and the others run: makes a fresh clone ready (packages, build), says what takes long, and
 * then runs the command. Plain Node without dependencies, because it runs before there are any.
 */
import { fileURLToPath } from 'node:url';
import { build } from './launch/build.mjs';
import { fail } from './launch/fail.mjs';
import { install } from './launch/install.mjs';
import { withLaunchLock } from './launch/lock.mjs';
import { runNode } from './launch/run.mjs';

const CLI = 'dist/cli/main.js';
const BENCH = 'dist/bench/main.js';
const CHAOS = 'dist/test/chaos/main.js';

const COMMANDS = {
  build: async () => 0,
  start: (args) => runNode([CLI, 'start', ...args]),
  quickstart: (args) => runNode([CLI, 'quickstart', ...args]),
  bench: (args) => (args[0] === 'list' ? runNode([BENCH, ...args]) : runWithTemporal([BENCH, ...args])),
  chaos: (args) => runWithTemporal([CHAOS, ...args]),
  test: (args) => runWithTemporal(['node_modules/vitest/vitest.mjs', 'run', ...args]),
};

const [name, ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) fail(`Unknown command ${name}. There are: ${Object.keys(COMMANDS).join(', ')}.`, 2);
checkNode();
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await withLaunchLock(() => {
  install();
  build();
});
process.exitCode = await command(args);

/** What waits for a stack gives it seconds; building the Temporal server takes minutes. */
async function runWithTemporal(args) {
  return (await runNode([CLI, 'temporal', '--quiet'])) || runNode(args);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`Millrace needs Node 20.19 or newer; this is ${process.versions.node}.`, 3);
}
