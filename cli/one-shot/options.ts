import type { Command } from 'commander';
import type { FileOptions } from './file-stream.js';

export interface MoveOptions extends FileOptions {
  readonly context?: string;
  readonly schema?: string;
  readonly keep?: string;
  readonly strict?: true;
}

/** What `copy` and `load` have in common. */
export function addMoveOptions(command: Command): Command {
  return command
    .option('--schema <name>', 'schema of the targets in the destination')
    .option('--format <format>', 'of a file whose name does not tell: csv, tsv, json, jsonl, parquet')
    .option('--delimiter <character>', 'between the values of a CSV file')
    .option('--null-value <text>', 'what means NULL in a CSV file; nothing when not said')
    .option('--no-header', 'the first line of a CSV file holds values, not names')
    .option('--keep <name>', 'keep it as a connection of this name, and go on with that one the next time')
    .option('--strict', 'exit 4 when rows were rejected or there is something to know');
}
