import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { Client, Connection, ConnectionState, Input, Position } from '../../client/index.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { asMillraceError } from '../api.js';
import { type Call, addApiCommand, withApi } from '../command.js';
import type { ExitCode } from '../exit-codes.js';
import { collect } from '../input.js';
import { findConnection, findStream } from '../names/resolve.js';
import { say } from '../output/report.js';
import { formatTable } from '../output/table.js';
import { position } from '../output/text.js';
import { planText } from '../plan-text.js';
import { followRun } from '../progress/follow.js';

interface SyncOptions {
  readonly stream?: readonly string[];
  readonly refresh?: true;
  readonly from?: string;
  readonly to?: string;
  readonly wait: boolean;
  readonly dryRun?: true;
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
      'millrace sync shop --dry-run',
      'millrace sync shop --no-wait',
    ],
  })
    .option('--stream <stream>', 'only this stream; several times', collect)
    .option('--refresh', 'read from the start, and replace what was loaded when it has ended')
    .option('--from <value>', 'read again from this cursor value on; the cursor stays where it is')
    .option('--to <value>', 'the cursor value to stop before')
    .option('--dry-run', 'stop after the plan: nothing is changed anywhere')
    .option('--wait', 'wait for the end (the default)', true)
    .option('--no-wait', 'print the id of the run and leave it to itself')
    .option('--strict', 'exit 4 when rows were rejected or there is something to know')
    .action(withApi<[string], SyncOptions>(sync));
}

async function sync({ api, args: [typed], options, out }: Call<[string], SyncOptions>): Promise<ExitCode | void> {
  const connection = await findConnection(api, typed);
  const body = bodyOf(connection, options);
  const { trigger: _, ...asked } = body;
  if (options.dryRun) {
    const plan = await api.planSync({ id: connection.id, body: asked });
    return out.result(plan, () => planText(connection.name, plan, process.stdout.columns).trimEnd());
  }
  say(await planBefore(api, connection, body));
  const run = await api.requestSync({ id: connection.id, idempotencyKey: randomUUID(), body });
  const planned = body.streams ?? connection.streams.map(({ name }) => name);
  if (options.wait) return followRun(api, out, run, { cancels: true, strict: options.strict === true, planned });
  out.result(run, () => run.id);
  say(`Run ${run.number} goes on by itself. Look at it: millrace runs watch ${run.id}`);
}

/** How long a run waits for its plan. */
const PLAN_MS = 5_000;

/** What the worker says, when it answers soon; else what is known without it. */
async function planBefore(api: Client, connection: Connection, body: Body): Promise<string> {
  const { trigger: _, ...asked } = body;
  const width = process.stderr.columns;
  try {
    const plan = await api.planSync({ id: connection.id, body: asked }, { signal: AbortSignal.timeout(PLAN_MS) });
    return planText(connection.name, plan, width);
  } catch (error) {
    const failure = asMillraceError(error);
    if (isMillraceError(failure, 'connection.invalid')) throw error;
    const why = isMillraceError(failure) && failure.code !== 'setup.unavailable' ? failure.message : 'no worker answered in time';
    const state = await api.getState({ id: connection.id });
    return `${planOf(connection, state, body, width)}· rows and changes of the target are not known: ${why}\n`;
  }
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

/** What is known of the run without a worker. */
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
