import { type Command, Option } from 'commander';
import type { Client, ColumnLineage, SqlValidation } from '../../client/index.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type Call, addApiCommand, addNoun, withApi } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { invalid, positiveInteger, textArgument } from '../input.js';
import { whole } from '../listing.js';
import { findPlace } from '../names/place.js';
import { findConnection, findStream } from '../names/resolve.js';
import { formatTable, stdoutWidth } from '../output/table.js';
import { yesNo } from '../output/text.js';
import { printRows } from '../rows.js';

interface PreviewOptions {
  readonly sample: number;
  readonly limit: number;
}

/** Of a stream, or of the text alone. */
type Words = [string, string | undefined, string | undefined];

export function addTransform(program: Command): void {
  const noun = addNoun(program, 'transform', 'SQL that streams go through, before they do.');
  addApiCommand(noun, 'validate <sql> [source] [stream]', {
    description: 'Say whether SQL may be a transform, with its columns where a stream is named. SQL is text, @file or -.',
    examples: [
      'millrace transform validate "select id, upper(name) as name from input"',
      'millrace transform validate @orders.sql crm public.orders',
    ],
  }).action(withApi<Words>(validate));
  addApiCommand(noun, 'preview <source> <stream> [sql]', {
    description: 'Run SQL over a sample of a stream. With a connection in place of the source: by its columns, filter and SQL.',
    examples: ['millrace transform preview crm public.orders @orders.sql', 'millrace transform preview shop public.orders'],
  })
    .addOption(new Option('--sample <n>', 'how many rows are read, at most 10000').argParser(positiveInteger).default(200))
    .addOption(new Option('-n, --limit <n>', 'how many rows to show, at most 200').argParser(positiveInteger).default(20))
    .action(withApi<[string, string, string | undefined], PreviewOptions>(preview));
  addApiCommand(noun, 'lineage <sql> [source] [stream]', {
    description: 'Print what each column is made of: of SQL, or of a stream of a connection when two names are given.',
    examples: [
      'millrace transform lineage @orders.sql',
      'millrace transform lineage @orders.sql crm public.orders',
      'millrace transform lineage shop public.orders',
    ],
  }).action(withApi<Words>(lineage));
}

async function preview({ api, args, options, out }: Call<[string, string, string | undefined], PreviewOptions>): Promise<void> {
  const [typed, typedStream, text] = args;
  const place = await findPlace(api, typed, typedStream);
  const sql = text === undefined ? {} : { sql: textArgument('sql', text) };
  printRows(out, await api.previewTransform({ body: { ...place, ...sql, sample: options.sample, limit: options.limit } }));
}

async function validate({ api, args: [text, source, stream], out }: Call<Words, unknown>): Promise<ExitCode | void> {
  const found = await validationOf(api, textArgument('sql', text), source, stream);
  if (found.valid) return out.result(found, () => describe(found));
  out.failedResult(found, () => '', failureOf(found));
  return EXIT.usage;
}

async function lineage({ api, args: [text, source, stream], out }: Call<Words, unknown>): Promise<void> {
  const ofConnection = source !== undefined && stream === undefined;
  const found = ofConnection
    ? await validationInConnection(api, text, source)
    : await validationOf(api, textArgument('sql', text), source, stream);
  const failure = failureOf(found);
  if (!found.valid) throw new MillraceError('transform.refused_sql', { detail: failure.message, suggestion: failure.suggestion });
  out.list(whole(found.lineage), lineageTable);
}

async function validationOf(api: Client, sql: string, source?: string, stream?: string): Promise<SqlValidation> {
  if (source === undefined) return api.validateTransform({ body: { sql } });
  if (stream === undefined) throw invalid('stream', 'Which stream of it?');
  return api.validateTransform({ body: { sql, ...(await findPlace(api, source, stream)) } });
}

/** A stream without SQL goes as it is. */
async function validationInConnection(api: Client, typed: string, typedStream: string): Promise<SqlValidation> {
  const connection = await findConnection(api, typed);
  const stream = findStream(connection, typedStream);
  const sql = connection.streams.find(({ name }) => name === stream)?.sql ?? 'select * from input';
  return api.validateTransform({ body: { sql, connectionId: connection.id, stream } });
}

function describe({ columns, lineage: made, rowWise }: SqlValidation): string {
  const head = `✓ valid; row by row: ${yesNo(rowWise === true)}`;
  if (!columns) return [head, lineageTable(made)].join('\n');
  const rows = columns.map(({ name, type, nullable }, at) => [name, type, yesNo(nullable), sourcesOf(made[at])]);
  return [
    head,
    formatTable([{ title: 'column' }, { title: 'type' }, { title: 'null' }, { title: 'from' }], rows, stdoutWidth()),
  ].join('\n');
}

function lineageTable(made: readonly ColumnLineage[]): string {
  const rows = made.map((one) => [one.column, '←', sourcesOf(one), one.kind]);
  return formatTable([{ title: 'column' }, { title: '' }, { title: 'from' }, { title: 'kind' }], rows, stdoutWidth());
}

const sourcesOf = (one: ColumnLineage | undefined): string => (one?.from ?? []).join(', ') || '–';

function failureOf({ errors }: SqlValidation): { code: string; message: string; suggestion: string; errors: readonly unknown[] } {
  const [first] = errors;
  const places = errors.map(({ message, line, column }) =>
    line === undefined ? message : `${message} (line ${line}, column ${column})`,
  );
  return {
    ...{ code: 'transform.refused_sql', message: places.join('\n  '), errors },
    suggestion: first?.suggestion ?? 'Correct the SQL.',
  };
}
