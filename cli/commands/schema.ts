import type { Command } from 'commander';
import type { SchemaDiff, SchemaOutlook, SchemaVersion } from '../../client/index.js';
import { addApiCommand, addNoun, withApi } from '../command.js';
import { whole } from '../listing.js';
import { findConnection, findStream } from '../names/resolve.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { time, yesNo } from '../output/text.js';

type Change = SchemaVersion['changes'][number];

export function addSchema(program: Command): void {
  const noun = addNoun(program, 'schema', "Versions of the streams' columns.");
  addApiCommand(noun, 'show <connection>', {
    description: "List the versions of the streams' columns with what changed.",
    examples: ['millrace schema show shop', 'millrace schema show shop --stream public.orders --json'],
  })
    .option('--stream <stream>', 'only of this stream')
    .action(
      withApi<[string], { stream?: string }>(async ({ api, args: [typed], options, out }) => {
        const connection = await findConnection(api, typed);
        const stream = options.stream === undefined ? undefined : findStream(connection, options.stream);
        const { data } = await api.listSchemas({ id: connection.id, ...(stream !== undefined && { stream }) });
        out.list(whole(data), tableOf);
      }),
    );
  addApiCommand(noun, 'diff <connection>', {
    description: 'Show what the source has now against the columns that were accepted, and what a run would make of it.',
    examples: ['millrace schema diff shop', 'millrace schema diff shop --stream public.orders --json'],
  })
    .option('--stream <stream>', 'only of this stream')
    .action(
      withApi<[string], { stream?: string }>(async ({ api, args: [typed], options, out }) => {
        const connection = await findConnection(api, typed);
        const stream = options.stream === undefined ? undefined : findStream(connection, options.stream);
        const { data } = await api.diffSchemas({ id: connection.id, ...(stream !== undefined && { stream }) });
        out.list(whole(data), diffTable);
      }),
    );
  addApiCommand(noun, 'accept <connection> <stream>', {
    description: 'Accept the newest version of the columns of a stream that has stopped for it.',
    examples: ['millrace schema accept shop public.orders'],
  }).action(
    withApi<[string, string]>(async ({ api, args: [typed, stream], out }) => {
      const connection = await findConnection(api, typed);
      const version = await api.acceptSchema({ id: connection.id, stream: findStream(connection, stream) });
      out.result(version, () => `Accepted version ${version.version} of ${version.stream}.`);
    }),
  );
}

function tableOf(versions: readonly SchemaVersion[]): string {
  const columns = [
    { title: 'stream' },
    { title: 'version', align: 'right' },
    { title: 'accepted' },
    { title: 'columns', align: 'right' },
    { title: 'changes' },
    { title: 'seen' },
  ] as const;
  const rows = versions.map(({ stream, version, accepted, fields, changes, seenAt }) => [
    stream,
    String(version),
    yesNo(accepted),
    String(fields.length),
    changes.map(changeText).join(', ') || '–',
    time(seenAt),
  ]);
  return formatTable(columns, rows, stdoutWidth());
}

const EFFECTS: Readonly<Record<SchemaOutlook['effect'], string>> = {
  none: 'nothing',
  follows: 'the target follows',
  left_out: 'new columns are left out',
  rejected: 'rows that need it are rejected',
  stops: 'the stream stops until it is accepted',
};

/** A line for each change, and one for a stream without any. */
function diffTable(diffs: readonly SchemaDiff[]): string {
  const columns = [
    { title: 'stream' },
    { title: 'accepted', align: 'right' },
    { title: 'change' },
    { title: 'policy' },
    { title: 'then' },
  ] as const;
  const rows = diffs.flatMap(({ stream, schema, error }) => {
    if (!schema) return [[stream, '–', error?.message ?? '–', '–', 'does not run']];
    const { accepted, policy, effect, changes } = schema;
    const facts = [policy, EFFECTS[effect]] as const;
    const version = accepted === null ? '–' : String(accepted);
    if (changes.length === 0) return [[stream, version, accepted === null ? 'never read' : 'none', ...facts]];
    return changes.map((change) => [stream, version, changeText(change), ...facts]);
  });
  return formatTable(columns, rows, stdoutWidth());
}

function changeText({ kind, field, from, to, breaking }: Change): string {
  const types = from !== undefined && to !== undefined ? ` ${from} → ${to}` : '';
  return `${field} ${kind}${types}${breaking ? ' (breaking)' : ''}`;
}
