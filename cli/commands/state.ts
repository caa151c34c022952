import type { Command } from 'commander';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import { confirm } from '../confirm.js';
import { findConnection, findStream } from '../names/resolve.js';
import { whole } from '../listing.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { type Move, movesBetween, readState, refuseUnknownStreams } from '../state-file.js';

export function addState(program: Command): void {
  const noun = addNoun(program, 'state', 'How far each stream was read.');
  addGet(noun);
  addDiff(noun);
  addSet(noun);
  addReset(noun);
}

function addGet(noun: Command): void {
  addApiCommand(noun, 'get <connection>', {
    description: 'Print the positions as JSON, which state set takes back.',
    examples: ['millrace state get shop', 'millrace state get shop > shop.state.json'],
  }).action(
    withApi<[string]>(async ({ api, args: [typed], out }) => {
      const state = await api.getState({ id: (await findConnection(api, typed)).id });
      out.result(state, () => JSON.stringify(state, null, 2));
    }),
  );
}

function addDiff(noun: Command): void {
  addApiCommand(noun, 'diff <connection> <file>', {
    description: 'Show what state set would change. Changes nothing.',
    examples: ['millrace state diff shop shop.state.json', 'jq … shop.state.json | millrace state diff shop -'],
  }).action(
    withApi<[string, string]>(async ({ api, args: [typed, file], out }) => {
      const connection = await findConnection(api, typed);
      const wanted = readState(file);
      refuseUnknownStreams(connection, wanted);
      out.list(whole(movesBetween(await api.getState({ id: connection.id }), wanted)), movesTable);
    }),
  );
}

function movesTable(moves: readonly Move[]): string {
  const columns = [{ title: 'stream' }, { title: 'from' }, { title: 'to' }];
  return formatTable(
    columns,
    moves.map(({ stream, from, to }) => [stream, from, to]),
    stdoutWidth(),
  );
}

interface YesOption {
  readonly yes?: true;
}

function addSet(noun: Command): void {
  addApiCommand(noun, 'set <connection> <file>', {
    description: 'Set the positions that differ. Streams that are left out keep theirs; rows that are loaded stay.',
    examples: ['millrace state set shop shop.state.json --yes', 'millrace state set shop - --yes < shop.state.json'],
  })
    .option('--yes', 'do it without asking')
    .action(withApi<[string, string], YesOption>(setState));
}

async function setState({ api, args: [typed, file], options, out }: Call<[string, string], YesOption>): Promise<void> {
  const connection = await findConnection(api, typed);
  const { id, name } = connection;
  const wanted = readState(file);
  refuseUnknownStreams(connection, wanted);
  const before = await api.getState({ id });
  const moves = movesBetween(before, wanted);
  if (moves.length === 0) return out.result(before, () => 'Nothing differs.');
  say(movesTable(moves));
  await confirm({ what: `These positions of ${name} are going to be set.`, name, yes: options.yes === true });
  const after = await api.setState({ id, body: wanted });
  out.result(after, () => `Set ${moves.length === 1 ? '1 position' : `${moves.length} positions`} of ${name}.`);
}

interface ResetOptions extends YesOption {
  readonly refresh?: true;
}

function addReset(noun: Command): void {
  addApiCommand(noun, 'reset <connection> <streams...>', {
    description: 'Let the next run read streams from the start. Others keep their position.',
    examples: ['millrace state reset shop public.orders --yes', 'millrace state reset shop public.orders --refresh --yes'],
  })
    .option('--refresh', 'replace what was loaded; without it, what is read comes on top')
    .option('--yes', 'do it without asking')
    .action(withApi<[string, readonly string[]], ResetOptions>(reset));
}

async function reset({
  api,
  args: [typed, streams],
  options,
  out,
}: Call<[string, readonly string[]], ResetOptions>): Promise<void> {
  const connection = await findConnection(api, typed);
  const names = streams.map((stream) => findStream(connection, stream));
  const what = `${names.join(', ')} of ${connection.name}: the next run reads from the start.`;
  await confirm({ what, name: connection.name, yes: options.yes === true });
  const move = options.refresh ? api.refreshStream : api.resetStream;
  const feeds: Record<string, unknown> = {};
  for (const stream of names) feeds[stream] = await move({ id: connection.id, stream });
  out.result({ feeds }, () => `Reset ${names.join(', ')}.`);
}
