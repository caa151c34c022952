import { quoteList, quoteLiteral } from '../../../../platform/duckdb/quote.js';
import { caseInsensitiveNames } from '../../../../schema/naming.js';
import type { Field } from '../../../../schema/types.js';
import { type CsvDialect, csvDialect } from '../config.js';
import type { Batch, FileFormat, FormatContext } from '../format.js';
import { inferTypes, sampleFiles, sampleRows } from '../infer.js';
import type { SourceFile } from '../listing.js';
import { INFERRED, textRule } from '../text-types.js';
import { type Compression, compressionOf } from './bytes.js';
import { countRecords, lineOfRecord } from './count.js';
import { readHead } from './head.js';

/**
 * CSV and TSV. DuckDB's sniffer is not asked: it decides per file, from a sample. Files are read as text with explicit
 * options, their columns are matched by name, and every value is checked against its field's type.
 * @module
 */
export const csvFormat: FileFormat = { discover, batches };

/** Files that begin alike. */
interface Layout {
  readonly names: readonly string[];
  readonly blankLines: number;
  readonly lineEnd: string;
  readonly compression: Compression;
}

/** A file without a single character has no columns and no rows. */
async function layoutOf({ engine, signal }: FormatContext, file: SourceFile, dialect: CsvDialect): Promise<Layout | undefined> {
  const head = await readHead(engine, file, dialect, signal);
  if (!head) return undefined;
  const names = head.values.map((value, index) => (dialect.header && value.trim() !== '' ? value : `column${index + 1}`));
  return {
    names: caseSensitiveNames(names),
    blankLines: head.blankLines,
    lineEnd: head.lineEnd,
    compression: compressionOf(file.path),
  };
}

/** A name that a file has twice is made different; names that differ in case are different. */
function caseSensitiveNames(names: readonly string[]): readonly string[] {
  return new Set(names).size === names.length ? names : caseInsensitiveNames(names);
}

async function discover(context: FormatContext, files: readonly SourceFile[]): Promise<readonly Field[]> {
  const dialect = csvDialect(context.stream);
  const sampled = sampleFiles(files);
  const layouts = await Promise.all(sampled.map(async (file) => ({ file, layout: await layoutOf(context, file, dialect) })));
  const names = [...new Set(layouts.flatMap(({ layout }) => layout?.names ?? []))];
  const selects = layouts.flatMap(({ file, layout }) =>
    layout
      ? [
          `(select ${columnsByName(layout, names, dialect)} from ${readCsv([file], layout, dialect)} limit ${sampleRows(sampled.length, names.length)})`,
        ]
      : [],
  );
  const types = await inferTypes(
    context,
    selects.join(' union all '),
    names.map(() => INFERRED),
  );
  return names.map((name, index) => ({ name, type: types[index] ?? 'string', nullable: true }));
}

async function batches(
  context: FormatContext,
  files: readonly SourceFile[],
  fields: readonly Field[],
): Promise<readonly Batch[]> {
  const dialect = csvDialect(context.stream);
  const groups: { layout: Layout; files: SourceFile[] }[] = [];
  for (const file of files) {
    const layout = await layoutOf(context, file, dialect);
    const last = groups.at(-1);
    if (layout && last && isSameLayout(last.layout, layout)) last.files.push(file);
    else if (layout) groups.push({ layout, files: [file] });
  }
  return groups.map((group) => batchOf(group, { dialect, fields, signal: context.signal }));
}

const isSameLayout = (a: Layout, b: Layout): boolean => JSON.stringify(a) === JSON.stringify(b);

function batchOf(
  { layout, files }: { readonly layout: Layout; readonly files: readonly SourceFile[] },
  { dialect, fields, signal }: { readonly dialect: CsvDialect; readonly fields: readonly Field[]; readonly signal: AbortSignal },
): Batch {
  const headers = dialect.header ? 1 : 0;
  const scan = { countBlankLines: layout.names.length === 1 };
  const names = fields.map((field) => field.name);
  return {
    files,
    select: (some) => `select ${columnsByName(layout, names, dialect)} from ${readCsv(some, layout, dialect)}`,
    rules: fields.map((field) => textRule(field.type)),
    async expectedRows() {
      let rows = 0;
      for (const file of files) {
        const records = await countRecords(file, dialect, scan, signal);
        if (records === undefined) return undefined;
        rows += records - headers - (scan.countBlankLines ? layout.blankLines : 0);
      }
      return rows;
    },
    async place(file, record) {
      const wanted = record + headers + (scan.countBlankLines ? layout.blankLines : 0);
      const line = await lineOfRecord(file, dialect, { ...scan, wanted }, signal);
      return line === undefined ? `record ${record}` : `line ${line}`;
    },
  };
}

/** A field that the file lacks is NULL. */
function columnsByName(layout: Layout, names: readonly string[], dialect: CsvDialect): string {
  const value = (at: number): string =>
    isRefusedNull(dialect) ? `nullif(c${at}, ${quoteLiteral(dialect.nullValue)})` : `c${at}`;
  const columns = names
    .map((name) => layout.names.indexOf(name))
    .map((at, index) => `${at < 0 ? 'null::varchar' : value(at)} as v${index}`);
  return columns.join(', ');
}

/** DuckDB takes no NULL text that holds a special character, such as \\N where the backslash escapes. */
function isRefusedNull({ nullValue, delimiter, quote, escape }: CsvDialect): boolean {
  return [delimiter, quote, escape].some((special) => special !== '' && nullValue.includes(special));
}

const NEVER_A_VALUE = '\x01millrace\x01';

/** A line longer than this is reported; DuckDB takes several buffers of this size for each file. */
const MAX_LINE_BYTES = 8_000_000;

/**
 * Never in parallel within a file: DuckDB guesses where rows start. `new_line` is given for LF only: with any other one,
 * strict mode was seen to read nothing at all, without an error.
 */
function readCsv(files: readonly SourceFile[], layout: Layout, dialect: CsvDialect): string {
  const columns = layout.names.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const options = {
    columns: `{${columns}}`,
    auto_detect: 'false',
    header: String(dialect.header),
    skip: String(layout.blankLines),
    delim: quoteLiteral(dialect.delimiter),
    quote: quoteLiteral(dialect.quote),
    escape: quoteLiteral(dialect.escape),
    nullstr: quoteLiteral(isRefusedNull(dialect) ? NEVER_A_VALUE : dialect.nullValue),
    allow_quoted_nulls: String(dialect.quotedNulls),
    encoding: quoteLiteral(dialect.encoding),
    compression: quoteLiteral(layout.compression),
    strict_mode: 'true',
    parallel: 'false',
    max_line_size: String(MAX_LINE_BYTES),
    buffer_size: String(MAX_LINE_BYTES),
    ...(layout.lineEnd === '\n' ? { new_line: `'\\n'` } : {}),
  };
  const list = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return `read_csv(${quoteList(files.map((file) => file.location))}, ${list.join(', ')})`;
}
