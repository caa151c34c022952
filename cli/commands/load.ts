import type { Command } from 'commander';
import { type Call, addApiCommand, withOutput } from '../command.js';
import { streamOf } from '../connection-input.js';
import type { ExitCode } from '../exit-codes.js';
import { invalid } from '../input.js';
import { type End, endOf } from '../one-shot/end.js';
import { withApiOrOwnStack } from '../one-shot/host.js';
import { move } from '../one-shot/move.js';
import { type MoveOptions, addMoveOptions } from '../one-shot/options.js';

interface LoadOptions extends MoveOptions {
  readonly to: string;
  readonly table?: string;
  readonly append?: true;
}

export function addLoad(program: Command): void {
  const command = addApiCommand(program, 'load <file>', {
    description: 'Load a file, or what is piped in, into a table: CSV, TSV, JSON, JSON lines or Parquet; gzip and zstd.',
    examples: [
      'cat orders.csv | millrace load - --to warehouse --table raw.orders',
      'millrace load orders.parquet --to env:WAREHOUSE_URL --table raw.orders',
      'millrace load today.csv --to warehouse --table raw.visits --append',
    ],
  })
    .requiredOption('--to <destination>', 'name of a destination, or postgresql://… or env:VARIABLE with one')
    .option('--table <[schema.]table>', 'where the rows go; named as the file when not said')
    .option('--append', 'add the rows to those of earlier loads, instead of replacing them');
  addMoveOptions(command).action(withOutput<[string], LoadOptions>(load));
}

async function load({ args: [file], options, out }: Omit<Call<[string], LoadOptions>, 'api'>): Promise<ExitCode> {
  const from = endOf(file, process.env, options);
  const name = fileStreamOf(file, from);
  const { table = file === '-' ? undefined : name, append = false, schema, strict = false } = options;
  if (table === undefined) throw invalid('--table', 'Where are the rows to go?', '--table raw.orders');
  const keep = options.keep ?? (append ? `load ${table}` : undefined); // only the same connection may add to its rows
  const stream = streamOf(`${name},target=${table}`, append ? 'full_refresh_append' : 'full_refresh_overwrite');
  return withApiOrOwnStack(options.context, (api) =>
    move(api, out, { from, to: endOf(options.to, process.env), schema, keep, strict, streams: async () => [stream] }),
  );
}

function fileStreamOf(typed: string, end: End): string {
  const name = end.kind === 'upload' ? end.stream.name : end.kind === 'new' ? end.stream : undefined;
  if (name !== undefined) return name;
  throw invalid('file', `${typed} is no file.`, 'Give a path, file:///… or - for stdin; millrace copy takes other sources.');
}
