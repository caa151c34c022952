#!/usr/bin/env node
/**
 * The command line: results on stdout, everything else on stderr.
 * @module
 */
import { CommanderError } from 'commander';
import { asMillraceError } from './api.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { Output, formatOf } from './output/output.js';
import { createProgram } from './program.js';
import { usageError } from './usage.js';

process.stdout.on('error', leaveWhenNobodyReads);

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? misused(error) : fail(asMillraceError(error));
}
process.exit(); // native handles of the Temporal SDK and DuckDB would keep the process alive

/** Help and version come as errors, too. */
function misused(error: CommanderError): number {
  if (error.exitCode === 0) return EXIT.ok;
  return error.code === 'commander.help' ? EXIT.usage : fail(usageError(error));
}

function fail(error: unknown): number {
  new Output(formatOf(process.argv)).failure(error);
  return exitCodeOf(error);
}

/** `millrace runs list | head -1` closes the pipe: not an error. */
function leaveWhenNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
}
