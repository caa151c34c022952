import type { Command } from 'commander';
import type { Client } from '../../client/index.js';
import { literalPattern } from '../../platform/names/literal-pattern.js';
import { type Call, addApiCommand, withOutput } from '../command.js';
import { streamOf } from '../connection-input.js';
import type { ExitCode } from '../exit-codes.js';
import { collect, invalid } from '../input.js';
import { pickStream } from '../names/resolve.js';
import { endOf } from '../one-shot/end.js';
import { withApiOrOwnStack } from '../one-shot/host.js';
import { type Move, move } from '../one-shot/move.js';
import { type MoveOptions, addMoveOptions } from '../one-shot/options.js';

interface CopyOptions extends MoveOptions {
  readonly stream?: readonly string[];
  readonly mode: string;
}

export function addCopy(program: Command): void {
  const command = addApiCommand(program, 'copy <from> <to>', {
    description: 'Copy streams once, without configuring anything: URLs, files, or names of what is configured.',
    examples: [
      'millrace copy env:CRM_URL env:WAREHOUSE_URL --stream public.orders --schema raw',
      "millrace copy crm warehouse --stream 'public.*' --schema raw",
      'millrace copy ./airports.csv.gz env:WAREHOUSE_URL --schema raw',
      'millrace copy env:CRM_URL warehouse --stream public.events,mode=incremental_append,cursorField=id --keep events',
    ],
  })
    .option('--stream <name[,key=value…]>', 'a stream and its settings, * for any text; several times', collect)
    .option('--mode <mode>', 'write mode of streams that name none', 'full_refresh_overwrite');
  addMoveOptions(command).action(withOutput<[string, string], CopyOptions>(copy));
}

async function copy({ args: [from, to], options, out }: Omit<Call<[string, string], CopyOptions>, 'api'>): Promise<ExitCode> {
  const { schema, keep, strict = false } = options;
  const ends = { from: endOf(from, process.env, options), to: endOf(to, process.env) };
  return withApiOrOwnStack(options.context, (api) =>
    move(api, out, { ...ends, schema, keep, strict, streams: (id, only) => streamsOf(api, id, only, options) }),
  );
}

/** `public.*` is every stream of the source whose name is like that. */
async function streamsOf(
  api: Client,
  sourceId: string,
  only: string | undefined,
  { stream: typed = [], mode }: CopyOptions,
): ReturnType<Move['streams']> {
  if (typed.length === 0 && only !== undefined) return [streamOf(only, mode)];
  if (typed.length === 0) throw invalid('--stream', 'Which streams are to be copied?', "Name them, or copy all: --stream '*'.");
  const { streams } = await api.discoverSource({ id: sourceId });
  const names = streams.map(({ name }) => name);
  const wanted = typed.map((text) => streamOf(text, mode));
  return wanted.flatMap((stream) => named(stream.name, names).map((name) => ({ ...stream, name })));
}

/** No glob of paths: a name of a stream may begin with a dot and hold slashes, brackets and question marks, which are only text. */
function named(typed: string, names: readonly string[]): readonly string[] {
  if (!typed.includes('*')) return [pickStream('The source', names, typed)];
  const pattern = new RegExp(`^${typed.split('*').map(literalPattern).join('.*')}$`, 's');
  const found = names.filter((name) => pattern.test(name));
  if (found.length > 0) return found;
  throw invalid('--stream', `No stream of the source is like ${typed}.`, `It has: ${names.slice(0, 20).join(', ') || 'none'}.`);
}
