import { quoteIdentifier, quoteList, quoteLiteral } from '../../../../platform/duckdb/quote.js';
import { MillraceError } from '../../../../platform/errors/error.js';
import { stageType } from '../../../../schema/stage-types.js';
import type { Field, LogicalType } from '../../../../schema/types.js';
import { outputType } from '../../../../transform/engine/output-types.js';
import type { Batch, FileFormat, FormatContext } from '../format.js';
import { sampleFiles } from '../infer.js';
import type { SourceFile } from '../listing.js';
import type { TextRule } from '../text-types.js';

/** Parquet: columns by name; a file may have fewer, more, or narrower ones than the others. */
export const parquetFormat: FileFormat = { discover, batches };

type Columns = ReadonlyMap<string, string>;

async function columnsOf({ engine, signal }: FormatContext, file: SourceFile): Promise<Columns> {
  const rows = await engine.rows(
    `select column_name, column_type from (describe from read_parquet(${quoteLiteral(file.location)}))`,
    [],
    signal,
  );
  return new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]));
}

async function discover(context: FormatContext, files: readonly SourceFile[]): Promise<readonly Field[]> {
  const types = new Map<string, LogicalType>();
  for (const file of sampleFiles(files)) {
    for (const [name, duckDbType] of await columnsOf(context, file)) {
      const type = outputType(duckDbType).type;
      types.set(name, widest(types.get(name) ?? type, type));
    }
  }
  return [...types].map(([name, type]) => ({ name, type, nullable: true }));
}

const WIDER: Partial<Record<LogicalType, readonly LogicalType[]>> = {
  int16: ['int32', 'int64', 'float64'],
  int32: ['int64', 'float64'],
  uint32: ['int64', 'float64'],
  float32: ['float64'],
  date: ['timestamp'],
};

const fits = (from: LogicalType, to: LogicalType): boolean => from === to || to === 'string' || (WIDER[from] ?? []).includes(to);

function widest(a: LogicalType, b: LogicalType): LogicalType {
  if (fits(a, b)) return b;
  return fits(b, a) ? a : 'string';
}

async function batches(
  context: FormatContext,
  files: readonly SourceFile[],
  fields: readonly Field[],
): Promise<readonly Batch[]> {
  const groups: { columns: Columns; files: SourceFile[] }[] = [];
  for (const file of files) {
    const columns = await columnsOf(context, file);
    requireFitting(file, columns, fields);
    const last = groups.at(-1);
    if (last && JSON.stringify([...last.columns]) === JSON.stringify([...columns])) last.files.push(file);
    else groups.push({ columns, files: [file] });
  }
  return groups.map((group) => batchOf(group, fields));
}

/** A cast would round or wrap without a word. */
function requireFitting(file: SourceFile, columns: Columns, fields: readonly Field[]): void {
  for (const field of fields) {
    const found = columns.get(field.name);
    if (found === undefined || fits(outputType(found).type, field.type)) continue;
    throw new MillraceError('source.bad_data', {
      detail: `${file.path}: column ${field.name} is ${found}, which does not fit ${field.type}.`,
      suggestion: `Discover the stream again, or set types.${field.name} to string.`,
      facts: { file: file.path, column: field.name, value: found },
    });
  }
}

function batchOf(
  { columns, files }: { readonly columns: Columns; readonly files: readonly SourceFile[] },
  fields: readonly Field[],
): Batch {
  const values = fields.map((field, index) => `${columns.has(field.name) ? quoteIdentifier(field.name) : 'null'} as v${index}`);
  return {
    files,
    select: (some) => `select ${values.join(', ')} from read_parquet(${quoteList(some.map((file) => file.location))})`,
    rules: fields.map((field) => rule(field, columns.get(field.name))),
    place: (_file, record) => Promise.resolve(`row ${record}`),
  };
}

function rule(field: Field, duckDbType: string | undefined): TextRule {
  const convert = duckDbType === undefined ? undefined : outputType(duckDbType).convert;
  return { value: (column) => `cast(${convert?.(column) ?? column} as ${stageType(field.type)})` };
}
