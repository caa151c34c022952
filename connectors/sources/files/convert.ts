import { parquetOptions } from '../../../platform/duckdb/parquet.js';
import { quoteLiteral } from '../../../platform/duckdb/quote.js';
import { failureKindOf } from '../../../platform/duckdb/failure.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { stageType } from '../../../schema/stage-types.js';
import type { Field } from '../../../schema/types.js';
import type { Batch, FormatContext } from './format.js';
import type { SourceFile } from './listing.js';
import { SCRATCH_MEMORY } from './scratch.js';
import type { TextRule } from './text-types.js';

const NOT_THE_FILES: readonly string[] = ['disk_full', 'interrupted', 'parser', 'binder'];
const NOT_AN_OBJECT = 'something else than an object where a record should be';

/**
 * Writes the records of a batch as Parquet with one column `c0`, `c1` … per field, in order, and counts them. Light
 * compression: the stage writes its own file from it and throws this one away.
 * @throws MillraceError `source.bad_data` naming file, line, column and value
 */
export async function convertBatch(
  context: FormatContext,
  batch: Batch,
  fields: readonly Field[],
  target: string,
): Promise<number> {
  const { engine, signal } = context;
  const types = fields.map(({ type }) => stageType(type));
  const values = types.map((type, index) => `cast(${staged(batch.rules[index], index)} as ${type}) as c${index}`);
  const copy = `copy (select ${values.join(', ')} from (${batch.select(batch.files)})) to ${quoteLiteral(target)} (${parquetOptions(types, { rowGroupRows: rowGroup(fields.length) })})`;
  const counted = batch.expectedRows?.().catch((error: unknown) => error);
  try {
    const { rowsChanged } = await engine.run(copy, [], signal);
    requireCount(batch, rowsChanged, await counted);
    return rowsChanged;
  } catch (error) {
    const found = await counted;
    throw found instanceof Error ? found : await explained(context, batch, fields, error);
  }
}

/** The writer holds a row group of every column in memory. */
function rowGroup(columns: number): number {
  return Math.max(2_048, Math.min(122_880, Math.floor(1_000_000 / Math.max(columns, 1))));
}

/** `millrace:<index>` is only a signal: which value it was is looked up when it is needed. */
function staged(rule: TextRule | undefined, index: number): string {
  const text = `v${index}`;
  if (!rule?.valid) return rule?.value(text) ?? text;
  return `case when ${text} is null then null when ${rule.valid(text)} then ${rule.value(text)} else error('millrace:${index}') end`;
}

function requireCount(batch: Batch, rows: number, expected: unknown): void {
  if (expected instanceof Error) throw expected;
  if (expected === undefined || expected === rows) return;
  const names = batch.files.map((file) => file.path).join(', ');
  throw new MillraceError('source.bad_data', {
    detail: `${names}: ${rows} records were read, ${String(expected)} are there.`,
    suggestion: 'Check delimiter, quote and escape of the stream, and quotes that are not closed.',
  });
}

/** For statements that only look at files: headers, schemas, samples. */
export function explainFormatFailure(files: readonly SourceFile[], error: unknown): unknown {
  const kind = failureKindOf(error);
  if (kind === undefined || NOT_THE_FILES.includes(kind)) return error;
  const text = (error as Error).message;
  return badData({ files }, text.includes('millrace:record') ? NOT_AN_OBJECT : tidy({ files }, text), error);
}

async function explained(context: FormatContext, batch: Batch, fields: readonly Field[], error: unknown): Promise<unknown> {
  const kind = failureKindOf(error);
  if (kind === undefined || NOT_THE_FILES.includes(kind)) return error;
  const message = (error as Error).message;
  const index = /millrace:(\d+|record)/.exec(message)?.[1];
  if (index === undefined) return badData(batch, tidy(batch, message), error);
  return index === 'record' ? badData(batch, NOT_AN_OBJECT, error) : badValue(context, batch, fields, Number(index));
}

async function badValue(
  { engine, signal }: FormatContext,
  batch: Batch,
  fields: readonly Field[],
  index: number,
): Promise<MillraceError> {
  const field = fields[index];
  const invalid = `not (${batch.rules[index]?.valid?.('value') ?? 'true'})`;
  for (const file of batch.files) {
    const records = `select row_number() over () as record, v${index} as value from (${batch.select([file])})`;
    const [found] = await engine.rows(
      `select record, value from (${records}) where value is not null and ${invalid} order by record limit 1`,
      [],
      signal,
    );
    if (found) return describeValue(batch, file, { record: Number(found['record']), value: String(found['value']), field });
  }
  return badData(batch, `a value of ${field?.name} is not ${field?.type}`);
}

async function describeValue(
  batch: Batch,
  file: SourceFile,
  found: { record: number; value: string; field: Field | undefined },
): Promise<MillraceError> {
  const place = await batch.place(file, found.record);
  const { name, type } = found.field ?? { name: '', type: 'string' };
  const value = found.value.length > 100 ? `${found.value.slice(0, 100)}…` : found.value;
  return new MillraceError('source.bad_data', {
    detail: `${file.path}, ${place}, column ${name}: '${value}' is not ${type}.`,
    suggestion: `Correct the file, or set types.${name} of the stream to string.`,
    facts: { file: file.path, place, column: name, value },
  });
}

function badData(batch: Pick<Batch, 'files'>, detail: string, cause?: unknown): MillraceError {
  const file = batch.files.find(({ location }) => cause instanceof Error && cause.message.includes(location)) ?? batch.files[0];
  return new MillraceError('source.bad_data', {
    detail: `${file?.path ?? ''}: ${detail}.`,
    facts: { file: file?.path ?? '' },
    cause,
  });
}

/** What DuckDB says, without its advice on options that only we set and with the source's own names. */
function tidy(batch: Pick<Batch, 'files'>, message: string): string {
  if (/Out of Memory Error/.test(message)) return `its rows are too large to be read in ${SCRATCH_MEMORY}`;
  const [said] = message.split(/\n\s*(?:Possible fixes|Possible Solution|\* |file = |LINE \d+:)/);
  const text = batch.files.reduce((result, file) => result.replaceAll(file.location, file.path), said ?? message);
  return text
    .replace(/^DuckDB: (?:[A-Z]\w*(?: [A-Z]\w*)* Error: )?/, '')
    .replaceAll(/\s*\n\s*/g, '; ')
    .trim()
    .replace(/[.;]+$/, '');
}
