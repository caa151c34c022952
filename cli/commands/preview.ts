import { type Command, Option } from 'commander';
import { addApiCommand, withApi } from '../command.js';
import { positiveInteger } from '../input.js';
import { findPlace } from '../names/place.js';
import { printRows } from '../rows.js';

export function addPreview(program: Command): void {
  addApiCommand(program, 'preview <source> <stream>', {
    description: 'Show some rows of a stream. With a connection in place of the source: as it reads them.',
    examples: [
      'millrace preview crm public.orders',
      'millrace preview shop public.orders -n 5',
      'millrace preview crm public.orders --output ndjson',
    ],
  })
    .addOption(new Option('-n, --limit <n>', 'how many rows, at most 200').argParser(positiveInteger).default(20))
    .action(
      withApi<[string, string], { limit: number }>(async ({ api, args: [typed, typedStream], options: { limit }, out }) => {
        const { sourceId, stream, connectionId } = await findPlace(api, typed, typedStream);
        printRows(
          out,
          await api.previewStream({ id: sourceId, stream, limit, ...(connectionId !== undefined && { connectionId }) }),
        );
      }),
    );
}
