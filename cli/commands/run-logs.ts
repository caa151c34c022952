import { setTimeout as pause } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import type { Client, Input, RunLogLine } from '../../client/index.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import { whole } from '../listing.js';
import { findRun } from '../names/resolve.js';
import type { Output } from '../output/output.js';
import { print } from '../output/report.js';
import { time } from '../output/text.js';

type Filter = Pick<Input<'listRunLogs'>, 'level' | 'step' | 'stream' | 'search'>;

interface LogOptions extends Filter {
  readonly follow?: true;
}

const PAGE = 200;
const PAUSE_MS = 1_000;

export function addRunLogs(noun: Command): void {
  addApiCommand(noun, 'logs <run>', {
    description:
      'Print what a run did, line by line, oldest first. A run is run_…, shop/42, or shop for the newest of that connection.',
    examples: [
      'millrace runs logs shop',
      'millrace runs logs shop/42 --level warn',
      'millrace runs logs shop --stream public.orders --step load --search timeout',
      'millrace runs logs shop --follow',
    ],
  })
    .addOption(new Option('--level <level>', 'only lines of this level and above').choices(['debug', 'info', 'warn', 'error']))
    .addOption(
      new Option('--step <step>', 'only lines of this step').choices([
        ...['prepare', 'extract', 'transform', 'load', 'verify', 'finish'],
      ]),
    )
    .option('--stream <stream>', 'only lines of this stream')
    .option('--search <text>', 'only lines that hold this text')
    .option('--follow', 'go on until the run has ended')
    .action(withApi<[string], LogOptions>(logs));
}

async function logs({ api, args: [typed], options, out }: Call<[string], LogOptions>): Promise<void> {
  const { id } = await findRun(api, typed);
  const { level, step, stream, search, follow = false } = options;
  const filter = {
    ...(level !== undefined && { level }),
    ...(step !== undefined && { step }),
    ...(stream !== undefined && { stream }),
    ...(search !== undefined && { search }),
  };
  const lines: RunLogLine[] = [];
  for await (const line of linesOf(api, { id, ...filter }, follow)) {
    if (out.format === 'json') lines.push(line);
    else show(out, line);
  }
  if (out.format === 'json') out.list(whole(lines), () => '');
}

/** All lines there are; with `follow` also those that come until the run has ended. */
async function* linesOf(api: Client, query: Filter & { readonly id: string }, follow: boolean): AsyncGenerator<RunLogLine> {
  let after = 0;
  for (;;) {
    const hasEnded = !follow || (await api.getRun({ id: query.id })).endedAt !== null; // before its last lines are read
    for (let hasMore = true; hasMore;) {
      const { data, page } = await api.listRunLogs({ ...query, limit: PAGE, after });
      yield* data;
      after = data.at(-1)?.id ?? after;
      ({ hasMore } = page);
    }
    if (hasEnded) return;
    await pause(PAUSE_MS);
  }
}

function show(out: Output, line: RunLogLine): void {
  if (out.format === 'ndjson') return print(JSON.stringify(line));
  const { at, level, step, stream, text } = line;
  const where = stream === null ? step : `${step} ${stream}`;
  print(`${time(at)}  ${level.padEnd(5)}  ${where}: ${text}`);
}
