#!/usr/bin/env node
/**
 * The command line: one file a command in `commands/`, results on stdout, everything else on stderr.
 * @module
 */
import { Command, CommanderError } from 'commander';
import { addApi } from './commands/api.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRebuild } from './commands/rebuild.js';
import { addStart } from './commands/start.js';
import { addTemporal } from './commands/temporal.js';
import { addVersion, readVersion } from './commands/version.js';
import { addWorker } from './commands/worker.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { describeError, say } from './output/report.js';

const program = new Command('millrace')
  .description('Durable ELT: every sync is a Temporal workflow.')
  .version(readVersion())
  .exitOverride();

for (const add of [addStart, addQuickstart, addApi, addWorker, addRebuild, addTemporal, addVersion]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageCode(error) : fail(error);
}
process.exit(); // native handles of the Temporal SDK and DuckDB would keep the process alive

function usageCode(error: CommanderError): number {
  return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
}

function fail(error: unknown): number {
  say(describeError(error));
  return exitCodeOf(error);
}
