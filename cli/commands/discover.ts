import type { Command } from 'commander';
import type { Catalog } from '../../client/index.js';
import { addApiCommand, withApi } from '../command.js';
import { whole } from '../listing.js';
import { findSystem, pickStream } from '../names/resolve.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { count } from '../output/text.js';

type Stream = Catalog['streams'][number];

export function addDiscover(program: Command): void {
  addApiCommand(program, 'discover <source>', {
    description: 'List the streams of a source with keys, and fields that can be a cursor.',
    examples: ['millrace discover crm', 'millrace discover crm --stream public.orders', 'millrace discover crm --output ndjson'],
  })
    .option('--stream <stream>', 'show the fields of this stream')
    .action(
      withApi<[string], { stream?: string }>(async ({ api, args: [name], options: { stream }, out }) => {
        const { id } = await findSystem(api, 'source', name);
        const { streams } = await api.discoverSource({ id });
        if (stream !== undefined)
          pickStream(
            `Source ${name}`,
            streams.map((one) => one.name),
            stream,
          );
        const wanted = stream === undefined ? streams : streams.filter((one) => one.name === stream);
        out.list(whole(wanted), stream === undefined ? tableOf : (found) => found.map(fieldsOf).join('\n'));
      }),
    );
}

function tableOf(streams: readonly Stream[]): string {
  const columns = [
    { title: 'stream' },
    { title: 'fields', align: 'right' },
    { title: 'rows ≈', align: 'right' },
    { title: 'primary key' },
    { title: 'cursor candidates' },
  ] as const;
  const rows = streams.map(({ name, fields, estimatedRows, primaryKey = [], cursorCandidates }) => [
    name,
    String(fields.length),
    estimatedRows === undefined || estimatedRows < 0 ? '–' : count(estimatedRows),
    primaryKey.join(', ') || '–',
    cursorCandidates.join(', ') || '–',
  ]);
  return formatTable(columns, rows, stdoutWidth());
}

function fieldsOf({ fields, primaryKey = [] }: Stream): string {
  const columns = [{ title: 'field' }, { title: 'type' }, { title: 'null' }, { title: 'key' }, { title: "source's type" }];
  const rows = fields.map(({ name, type, nullable, native }) => [
    name,
    type,
    nullable ? 'yes' : 'no',
    primaryKey.includes(name) ? 'yes' : '',
    native?.type ?? '',
  ]);
  return formatTable(columns, rows, stdoutWidth());
}
