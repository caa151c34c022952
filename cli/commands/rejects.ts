import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Command, Option } from 'commander';
import { type Reject, every } from '../../client/index.js';
import { errorText } from '../../platform/errors/error.js';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import type { ExitCode } from '../exit-codes.js';
import { collect, invalid } from '../input.js';
import { type LimitOption, addLimit, pageSize, take } from '../listing.js';
import { findConnection, findRun, findStream } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { count, time } from '../output/text.js';
import { followRun } from '../progress/follow.js';

export function addRejects(program: Command): void {
  const noun = addNoun(program, 'rejects', 'Rows that were kept aside, with their reasons.');
  addList(noun);
  addExport(noun);
  addReplay(noun);
}

interface ListOptions extends LimitOption {
  readonly stream?: string;
}

function addList(noun: Command): void {
  const command = addApiCommand(noun, 'list <connection>', {
    description: 'List what was rejected, by slice, newest first. Also of one run: shop/42 or run_….',
    examples: ['millrace rejects list shop', 'millrace rejects list shop/42 --stream public.orders --json'],
  }).option('--stream <stream>', 'only of this stream');
  addLimit(command).action(withApi<[string], ListOptions>(list));
}

async function list({ api, args: [typed], options: { stream, limit }, out }: Call<[string], ListOptions>): Promise<void> {
  const filter = { limit: pageSize(limit), ...(stream !== undefined && { stream }) };
  const isRun = typed.startsWith('run_') || /\/\d+$/.test(typed);
  const rejects = isRun
    ? every(api.listRunRejects, { ...filter, id: (await findRun(api, typed)).id })
    : every(api.listConnectionRejects, { ...filter, id: (await findConnection(api, typed)).id });
  out.list(await take(rejects, limit), tableOf);
}

function tableOf(rejects: readonly Reject[]): string {
  const columns = [
    { title: 'id' },
    { title: 'run', align: 'right' },
    { title: 'stream' },
    { title: 'rows', align: 'right' },
    { title: 'reasons' },
    { title: 'replayed' },
  ] as const;
  const rows = rejects.map(({ id, runNumber, stream, rows: rejected, reasons, replayedAt }) => [
    id,
    String(runNumber),
    stream,
    count(rejected),
    reasons.map(({ field, code }) => (field === undefined ? code : `${field}: ${code}`)).join(', '),
    time(replayedAt),
  ]);
  return formatTable(columns, rows, stdoutWidth());
}

interface ExportOptions {
  readonly format: 'parquet' | 'csv' | 'ndjson';
  readonly file?: string;
}

function addExport(noun: Command): void {
  addApiCommand(noun, 'export <reject>', {
    description: 'Write rejected rows as a file, or to stdout.',
    examples: [
      'millrace rejects export rej_… > rows.ndjson',
      'millrace rejects export rej_… --format parquet --file rows.parquet',
    ],
  })
    .addOption(new Option('--format <format>', 'of the file').choices(['ndjson', 'csv', 'parquet']).default('ndjson'))
    .option('--file <path>', 'a new file; one that exists is not overwritten')
    .action(withApi<[string], ExportOptions>(exportRows));
}

async function exportRows({ api, args: [id], options: { format, file }, out }: Call<[string], ExportOptions>): Promise<void> {
  if (format === 'parquet' && file === undefined && process.stdout.isTTY) {
    throw invalid('--file', 'Parquet is nothing for a terminal.', 'Give --file, or another --format.');
  }
  const rows = Readable.fromWeb((await api.downloadRejectedRows({ id, format })) as Parameters<typeof Readable.fromWeb>[0]);
  if (file === undefined) return pipeline(rows, process.stdout, { end: false });
  await pipeline(rows, createWriteStream(file, { flags: 'wx' })).catch((error: unknown) => {
    throw invalid('--file', `It cannot be written: ${errorText(error)}`, 'Give the path of a new file.');
  });
  out.result({ id, file, format }, () => file);
}

interface ReplayOptions {
  readonly stream?: string;
  readonly run?: string;
  readonly reject?: readonly string[];
  readonly wait: boolean;
}

function addReplay(noun: Command): void {
  addApiCommand(noun, 'replay <connection>', {
    description: 'Load rejected rows again, after what refused them was changed. Once more is not twice.',
    examples: ['millrace rejects replay shop', 'millrace rejects replay shop --stream public.orders'],
  })
    .option('--stream <stream>', 'only rows of this stream')
    .option('--run <run>', 'only rows that this run rejected')
    .option('--reject <id>', 'exactly these; several times', collect)
    .option('--wait', 'wait for the end (the default)', true)
    .option('--no-wait', 'print the id of the run and leave it to itself')
    .action(withApi<[string], ReplayOptions>(replay));
}

async function replay({ api, args: [typed], options, out }: Call<[string], ReplayOptions>): Promise<ExitCode | void> {
  const connection = await findConnection(api, typed);
  const body = {
    ...(options.stream !== undefined && { stream: findStream(connection, options.stream) }),
    ...(options.run !== undefined && { run: (await findRun(api, options.run)).id }),
    ...(options.reject && { rejects: options.reject }),
  };
  const rejects = await take(every(api.listConnectionRejects, { id: connection.id, limit: 1 }), 1);
  if (rejects.items.length === 0) return out.result(null, () => `Nothing of ${connection.name} was rejected.`);
  const run = await api.replayRejects({ id: connection.id, idempotencyKey: randomUUID(), body });
  if (options.wait) return followRun(api, out, run, { cancels: true });
  out.result(run, () => run.id);
  say(`Run ${run.number} goes on by itself. Look at it: millrace runs watch ${run.id}`);
}
