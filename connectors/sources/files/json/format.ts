import { quoteList, quoteLiteral } from '../../../../platform/duckdb/quote.js';
import type { Field, LogicalType } from '../../../../schema/types.js';
import { compressionOf, plainBytes } from '../csv/bytes.js';
import type { Batch, FileFormat, FormatContext } from '../format.js';
import { inferTypes, sampleFiles, sampleRows } from '../infer.js';
import type { SourceFile } from '../listing.js';
import { INFERRED_IN_STRINGS, textRule } from '../text-types.js';

/**
 * JSON (an array of objects, or one after the other) and JSON Lines. Objects are taken apart by name, so that a field may
 * be missing, be in another place, or differ from another one only in case; what is nested stays JSON text.
 * @module
 */
export const jsonFormat: FileFormat = { discover, batches };

async function discover(context: FormatContext, files: readonly SourceFile[]): Promise<readonly Field[]> {
  const sampled = sampleFiles(files);
  const limit = sampleRows(sampled.length, 20);
  const selects = sampled.map(
    async (file) => `(select json from ${readJson([file], await layoutOf(context, file))} limit ${limit})`,
  );
  const sample = (await Promise.all(selects)).join(' union all ');
  const names = await fieldNames(context, sample);
  const kinds = await fieldKinds(context, sample, names);
  const types = await inferTypes(context, `select ${texts(names)} from (${sample})`, kinds.map(candidates));
  return names.map((name, index) => ({
    name,
    type: isMixed(kinds[index] ?? []) ? 'json' : (types[index] ?? 'string'),
    nullable: true,
  }));
}

/** In order of first appearance. */
async function fieldNames({ engine, signal }: FormatContext, sample: string): Promise<string[]> {
  const keys = `select unnest(json_keys(json)) as name, row_number() over () as record from (${sample})`;
  const sql = `select name from (select name, record, row_number() over () as place from (${keys})) group by name order by min(record), min(place)`;
  return (await engine.rows(sql, [], signal)).map((row) => String(row['name']));
}

/** JSON types that occur in each field, without null. */
async function fieldKinds(
  { engine, signal }: FormatContext,
  sample: string,
  names: readonly string[],
): Promise<readonly (readonly string[])[]> {
  if (names.length === 0) return [];
  const kinds = names.map((name, index) => `list(distinct json_type(json, ${pointer(name)})) as k${index}`);
  const [row] = await engine.rows(`select ${kinds.join(', ')} from (${sample})`, [], signal);
  return names.map((_, index) =>
    ((row?.[`k${index}`] ?? []) as (string | null)[]).filter((kind): kind is string => kind !== null && kind !== 'NULL'),
  );
}

const NUMBERS = ['BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'];
const all = (kinds: readonly string[], allowed: readonly string[]): boolean =>
  kinds.length > 0 && kinds.every((kind) => allowed.includes(kind));

function isMixed(kinds: readonly string[]): boolean {
  return kinds.length > 0 && ![['VARCHAR'], ['BOOLEAN'], NUMBERS].some((allowed) => all(kinds, allowed));
}

function candidates(kinds: readonly string[]): readonly LogicalType[] {
  if (all(kinds, ['BOOLEAN'])) return ['boolean'];
  if (all(kinds, NUMBERS)) return ['int64', 'float64', 'numeric'];
  return all(kinds, ['VARCHAR']) ? INFERRED_IN_STRINGS : [];
}

async function batches(
  context: FormatContext,
  files: readonly SourceFile[],
  fields: readonly Field[],
): Promise<readonly Batch[]> {
  const groups: { layout: string; files: SourceFile[] }[] = [];
  for (const file of files) {
    const layout = await layoutOf(context, file);
    const last = groups.at(-1);
    if (last?.layout === layout) last.files.push(file);
    else groups.push({ layout, files: [file] });
  }
  return groups.map((group) => batchOf(group, fields));
}

function batchOf(
  { layout, files }: { readonly layout: string; readonly files: readonly SourceFile[] },
  fields: readonly Field[],
): Batch {
  const values = fields.map(
    (field, index) => `${field.type === 'json' ? jsonText(field.name) : plainText(field.name)} as v${index}`,
  );
  return {
    files,
    select: (some) => `select ${values.join(', ')} from ${readJson(some, layout)}`,
    rules: fields.map((field) => textRule(field.type)),
    place: (_file, record) => Promise.resolve(`record ${record}`),
  };
}

/** A JSON pointer: unlike a path it takes any name. */
function pointer(name: string): string {
  return quoteLiteral(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

const texts = (names: readonly string[]): string => names.map((name, index) => `${plainText(name)} as v${index}`).join(', ');
/** A string without its quotes, anything else as JSON writes it. */
const plainText = (name: string): string => `json_extract_string(json, ${pointer(name)})`;
const jsonText = (name: string): string => `nullif(json_extract(json, ${pointer(name)})::varchar, 'null')`;

/** Options of DuckDB's reader. Its own guess takes a first line that is complete for JSON Lines. */
async function layoutOf({ stream, signal }: FormatContext, file: SourceFile): Promise<string> {
  const format = stream.format === 'jsonl' ? 'newline_delimited' : await shapeOf(file, signal);
  return `format='${format}', compression='${compressionOf(file.path)}'`;
}

async function shapeOf(file: SourceFile, signal: AbortSignal): Promise<'array' | 'unstructured' | 'auto'> {
  const bytes = plainBytes(file, signal);
  if (!bytes) return 'auto';
  for await (const chunk of bytes) {
    const start = chunk
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trimStart();
    if (start !== '') return start.startsWith('[') ? 'array' : 'unstructured';
  }
  return 'unstructured';
}

function readJson(files: readonly SourceFile[], layout: string): string {
  return `(select case when json_type(json) = 'OBJECT' then json else error('millrace:record') end as json
    from read_json_objects(${quoteList(files.map((file) => file.location))}, ${layout}, maximum_object_size=16777216))`;
}
