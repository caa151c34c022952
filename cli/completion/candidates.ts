/**
 * What may come next on a command line.
 * @module
 */
import type { Command } from 'commander';
import { type Client, every } from '../../client/index.js';

/** What the shell has: all words after `millrace`; the last one is being typed and may be empty. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  connect: () => Client,
): Promise<readonly string[]> {
  const typed = words.at(-1) ?? '';
  const { command, rest } = walk(program, words.slice(0, -1));
  const previous = words.at(-2) ?? '';
  const option = command.options.find(({ long, short }) => previous !== '' && (previous === long || previous === short));
  const takesValue = option !== undefined && (option.required || option.optional);
  const all = takesValue
    ? [...(option.argChoices ?? []), ...(await namesFor(/<([\w-]+)>/.exec(option.flags)?.[1] ?? '', connect, rest[0]))]
    : typed.startsWith('-')
      ? command.options.filter(({ hidden }) => !hidden).map(({ long, short }) => long ?? short ?? '')
      : [...namesOf(command), ...(await argumentsOf(command, rest, connect))];
  return [...new Set(all)].filter((name) => name.startsWith(typed)).toSorted();
}

function namesOf(command: Command): readonly string[] {
  return command.commands.map((child) => child.name()).filter((name) => !name.startsWith('__'));
}

/** The command that the words lead to, and the arguments after it. */
function walk(program: Command, words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  let command = program;
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const option = command.options.find(({ long, short }) => word === long || word === short);
    const child = rest.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (option) at += option.required ? 1 : 0;
    else if (child) command = child;
    else if (!word.startsWith('-')) rest.push(word);
  }
  return { command, rest };
}

async function argumentsOf(command: Command, rest: readonly string[], connect: () => Client): Promise<readonly string[]> {
  const known = command.registeredArguments;
  const argument = known[rest.length] ?? (known.at(-1)?.variadic ? known.at(-1) : undefined);
  if (argument?.argChoices) return argument.argChoices;
  return argument ? namesFor(argument.name(), connect, rest[0]) : [];
}

const PAGE = 200;
const DELETED = { deleted: 'true', limit: PAGE } as const;

/** Names of what an argument stands for; nothing when the API cannot be asked. */
async function namesFor(argument: string, connect: () => Client, connection?: string): Promise<readonly string[]> {
  try {
    return await ask(argument, connect, connection);
  } catch {
    return []; // a shell that waits for a completion wants no error
  }
}

async function ask(argument: string, connect: () => Client, connection: string | undefined): Promise<readonly string[]> {
  switch (argument) {
    case 'source':
      return names(every(connect().listSources, { limit: PAGE }));
    case 'destination':
      return names(every(connect().listDestinations, { limit: PAGE }));
    case 'connection':
    case 'run':
      return names(every(connect().listConnections, { limit: PAGE }));
    case 'deleted-source':
      return names(every(connect().listSources, DELETED));
    case 'deleted-destination':
      return names(every(connect().listDestinations, DELETED));
    case 'deleted-connection':
      return names(every(connect().listConnections, DELETED));
    case 'workspace':
      return names(every(connect().listWorkspaces, { limit: PAGE }));
    case 'connector':
      return (await connect().listConnectors()).data.map(({ id }) => id);
    case 'key':
      return names(every(connect().listApiKeys, { limit: PAGE }));
    case 'stream':
    case 'streams':
      return streamsOf(connect(), connection);
    default:
      return [];
  }
}

async function names(items: AsyncIterable<{ readonly name: string }>): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of items) found.push(name);
  return found;
}

async function streamsOf(api: Client, connection: string | undefined): Promise<readonly string[]> {
  for await (const { name, id, streams } of every(api.listConnections, { limit: PAGE })) {
    if (name === connection || id === connection) return streams.map((stream) => stream.name);
  }
  return [];
}
