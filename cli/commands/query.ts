import { type Command, Option } from 'commander';
import { addApiCommand, withApi } from '../command.js';
import { positiveInteger, textArgument } from '../input.js';
import { findSystem } from '../names/resolve.js';
import { printRows } from '../rows.js';

interface QueryOptions {
  readonly rows: number;
  readonly limit: number;
}

export function addQuery(program: Command): void {
  addApiCommand(program, 'query <source> <sql>', {
    description: 'Run a SELECT over samples of the streams of a source that it names in FROM. DuckDB runs it, not the source.',
    examples: [
      'millrace query crm "select status, count(*) as n from public.orders group by all"',
      'millrace query crm @report.sql --rows 100000 --output ndjson',
    ],
  })
    .addOption(new Option('--rows <n>', 'how many rows are read of each stream').argParser(positiveInteger).default(10_000))
    .addOption(
      new Option('-n, --limit <n>', 'how many rows of the result to show, at most 1000').argParser(positiveInteger).default(100),
    )
    .action(
      withApi<[string, string], QueryOptions>(async ({ api, args: [typed, sql], options: { rows, limit }, out }) => {
        const { id } = await findSystem(api, 'source', typed);
        printRows(out, await api.querySource({ id, body: { sql: textArgument('sql', sql), sample: rows, limit } }));
      }),
    );
}
