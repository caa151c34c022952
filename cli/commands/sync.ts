import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Connection, ConnectionState, Input, Position } from '../../client/index.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import type { ExitCode } from '../exit-codes.js';
import { collect } from '../input.js';
import { findConnection, findStream } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable } from '../output/table.js';
import { position } from '../output/text.js';
import { followRun } from '../progress/follow.js';

interface SyncOptions {
  readonly stream?: readonly string[];
  readonly refresh?: true;
  readonly from?: string;
  readonly to?: string;
  readonly wait: boolean;
  readonly strict?: true;
}

type Body = NonNullable<Input<'requestSync'>['body']>;

export function addSync(program: Command): void {
  addApiCommand(program, 'sync <connection>', {
    description: 'Run a connection: shows the plan, then each stream while it moves, then what became of it.',
    examples: [
      'millrace sync shop',
      'millrace sync shop --stream public.orders --refresh',
      'millrace sync shop --stream public.orders --from 2026-01-01 --to 2026-02-01',
      'millrace sync shop --no-wait',
    ],
  })
    .option('--stream <stream>', 'only this stream; several times', collect)
    .option('--refresh', 'read from the start, and replace what was loaded when it has ended')
    .option('--from <value>', 'read again from this cursor value on; the cursor stays where it is')
    .option('--to <value>', 'the cursor value to stop before')
    .option('--wait', 'wait for the end (the default)', true)
    .option('--no-wait', 'print the id of the run and leave it to itself')
    .option('--strict', 'exit 4 when rows were rejected or there is something to know')
    .action(withApi<[string], SyncOptions>(sync));
}

async function sync({ api, args: [typed], options, out }: Call<[string], SyncOptions>): Promise<ExitCode | void> {
  const connection = await findConnection(api, typed);
  const body = bodyOf(connection, options);
  const state = await api.getState({ id: connection.id });
  say(planOf(connection, state, body, process.stderr.columns));
  const run = await api.requestSync({ id: connection.id, idempotencyKey: randomUUID(), body });
  const planned = body.streams ?? connection.streams.map(({ name }) => name);
  if (options.wait) return followRun(api, out, run, { cancels: true, strict: options.strict === true, planned });
  out.result(run, () => run.id);
  say(`Run ${run.number} goes on by itself. Look at it: millrace runs watch ${run.id}`);
}

function bodyOf(connection: Connection, { stream, refresh, from, to }: SyncOptions): Body {
  const streams = stream?.map((name) => findStream(connection, name));
  const window = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  return {
    trigger: 'manual',
    ...(streams && { streams }),
    ...(refresh && { refresh }),
    ...(Object.keys(window).length > 0 && { backfill: window }),
  };
}

/** What the run is going to do, before it is asked for. */
export function planOf(
  { name, streams }: Connection,
  { feeds, paused, active }: ConnectionState,
  body: Body,
  width = Infinity,
): string {
  const chosen = streams.filter((stream) => body.streams?.includes(stream.name) ?? true);
  const columns = [{ title: 'stream' }, { title: 'mode' }, { title: 'cursor' }, { title: 'from' }, { title: 'target' }];
  const rows = chosen.map((stream) => [
    stream.name,
    stream.mode,
    stream.cursorField ?? '–',
    body.refresh ? 'start, replaces what was loaded' : startOf(feeds[stream.name]?.position, body),
    [stream.target?.schema, stream.target?.table].filter(Boolean).join('.') || '(by name)',
  ]);
  const remarks = [
    ...(paused ? [`${name} is paused.`] : []),
    ...(active ? [`Run ${active.number} is active: this one waits for its end.`] : []),
  ];
  return [`Plan of ${name}:`, formatTable(columns, rows, { width }), ...remarks, ''].join('\n');
}

function startOf(place: unknown, { backfill }: Body): string {
  if (backfill) return `${backfill.from ?? 'start'} to ${backfill.to ?? 'end'}`;
  const at = place as Position | undefined;
  if (at?.kind === 'cursor') return at.cursor.value ?? 'start'; // its field stands beside it
  return at ? position(at) : 'start';
}
