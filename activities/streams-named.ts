import type { AnySource } from '../connectors/registry.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import { didYouMean } from '../platform/names/did-you-mean.js';
import type { StreamDescription } from '../schema/types.js';
import { readSqlOrThrow } from '../transform/guard/index.js';
import { parseSelect } from '../transform/guard/parse.js';
import { type TableName, tablesRead } from '../transform/guard/tables.js';
import { CATALOG_NAMES } from '../transform/guard/walk.js';
import type { OpenConnector } from './plan.js';

/** Joins and unions over more streams are not for somebody who waits. */
const MAX_STREAMS = 20;

/** One stream with its fields. @throws MillraceError `source.stream_missing` with the nearest name there is */
export async function describeStream({ connector, context }: OpenConnector<AnySource>, name: string): Promise<StreamDescription> {
  const { streams } = await connector.discover(context, [name]).catch((error: unknown) => {
    if (isMillraceError(error, 'source.stream_missing')) return { streams: [] };
    throw error;
  });
  const found = streams.find((stream) => stream.name === name);
  if (found) return found;
  throw missing(name, (await connector.discover(context)).streams);
}

export interface NamedStream {
  readonly table: TableName;
  readonly stream: StreamDescription;
}

/**
 * The streams that a query names in FROM: by their whole name, quoted or not, or by what follows the last dot where only one
 * stream ends so.
 * @throws MillraceError `transform.refused_sql`, `source.stream_missing`
 */
export async function streamsNamed(
  { connector, context }: OpenConnector<AnySource>,
  sql: string,
): Promise<readonly NamedStream[]> {
  const parsed = await parseSelect(sql);
  const tables = parsed.ok ? tablesRead(parsed.query) : [];
  await readSqlOrThrow(sql, tables.map(nameOf)); // before the source is asked for anything
  if (tables.length === 0)
    throw refused('The query names no stream in FROM.', 'Write select … from <stream>; discover lists the streams.');
  if (tables.length > MAX_STREAMS) throw refused(`The query names more than ${MAX_STREAMS} streams.`);
  const own = tables.find(({ schema = '' }) => CATALOG_NAMES.has(schema.toLowerCase()));
  if (own) throw refused(`${nameOf(own)} is of DuckDB itself.`, `A stream of that name is quoted as a whole: "${nameOf(own)}".`);
  const { streams } = await connector.discover(context);
  return tables.map((table) => ({ table, stream: streamOf(table, streams) }));
}

function refused(detail: string, suggestion?: string): MillraceError {
  return new MillraceError('transform.refused_sql', { detail, ...(suggestion === undefined ? {} : { suggestion }) });
}

const nameOf = ({ schema, name }: TableName): string => (schema === undefined ? name : `${schema}.${name}`);

function streamOf(table: TableName, streams: readonly StreamDescription[]): StreamDescription {
  const typed = nameOf(table);
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const exact = streams.find(({ name }) => name === typed) ?? streams.find(({ name }) => same(name, typed));
  if (exact) return exact;
  const [only, ...more] = streams.filter(({ name }) => same(name.slice(name.lastIndexOf('.') + 1), typed));
  if (only && more.length === 0) return only;
  if (!only) throw missing(typed, streams);
  throw new MillraceError('source.stream_missing', {
    detail: `${typed} may be ${[only, ...more].map(({ name }) => name).join(' or ')}.`,
    suggestion: 'Write the whole name of the stream.',
    stream: typed,
  });
}

function missing(name: string, streams: readonly StreamDescription[]): MillraceError {
  const names = streams.map((stream) => stream.name);
  const short = new Map(names.map((whole) => [whole.slice(whole.lastIndexOf('.') + 1), whole]));
  const listed = names.length === 0 ? 'The source has no stream that this user may read.' : undefined;
  const near = didYouMean(name, names) ?? didYouMean(name, short.keys());
  const suggestion = near ?? listed;
  return new MillraceError('source.stream_missing', {
    detail: `The source has no stream ${name}.`,
    stream: name,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
