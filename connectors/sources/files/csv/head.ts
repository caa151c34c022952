import type { Engine } from '../../../../platform/duckdb/engine.js';
import { quoteLiteral } from '../../../../platform/duckdb/quote.js';
import type { CsvDialect } from '../config.js';
import type { SourceFile } from '../listing.js';
import { compressionOf, plainBytes } from './bytes.js';

/** How a CSV file begins. */
export interface CsvHead {
  /** The values of the first record. */
  readonly values: readonly string[];
  /** Empty lines before it: DuckDB would take the first of them for the header. */
  readonly blankLines: number;
  readonly lineEnd: '\n' | '\r\n' | '\r' | 'none';
}

const MAX_HEAD_BYTES = 1_000_000;
const DECODERS = { 'utf-8': 'utf-8', 'latin-1': 'latin1', 'utf-16': 'utf-16le' } as const;

/** The first record of a file; undefined when the file is empty. */
export async function readHead(
  engine: Engine,
  file: SourceFile,
  dialect: CsvDialect,
  signal: AbortSignal,
): Promise<CsvHead | undefined> {
  const bytes = plainBytes(file, signal);
  return bytes ? headOfBytes(bytes, dialect) : headByDuckDb(engine, file, dialect, signal);
}

async function headOfBytes(bytes: AsyncIterable<Buffer>, dialect: CsvDialect): Promise<CsvHead | undefined> {
  const decoder = new TextDecoder(DECODERS[dialect.encoding]);
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    const head = parseHead(text, dialect, text.length > MAX_HEAD_BYTES);
    if (head) return head;
  }
  return parseHead(text, dialect, true);
}

/** Only the first line: a line break inside a quoted name is not seen here, and the count of records will tell. */
async function headByDuckDb(
  engine: Engine,
  file: SourceFile,
  dialect: CsvDialect,
  signal: AbortSignal,
): Promise<CsvHead | undefined> {
  const options = `compression=${quoteLiteral(compressionOf(file.path))}, encoding=${quoteLiteral(dialect.encoding)}, header=false, auto_detect=false`;
  const [row] = await engine.rows(
    `select line from read_csv(${quoteLiteral(file.location)}, columns={'line': 'VARCHAR'}, delim='\x1f', quote='', escape='', strict_mode=false, ${options})
     where line <> '' limit 1`,
    [],
    signal,
  );
  return row && parseHead(`${String(row['line'])}\n`, dialect, true);
}

/** Undefined when the text ends before the record does, unless that is `all` there is. */
export function parseHead(
  text: string,
  dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
  all: boolean,
): CsvHead | undefined {
  const start = /^\uFEFF?((?:\r\n|\n|\r)*)/.exec(text);
  const blankLines = start?.[1]?.match(/\r\n|\n|\r/g)?.length ?? 0;
  const body = text.slice(start?.[0].length ?? 0);
  if (body === '') return undefined;
  const record = parseRecord(body, dialect);
  const isCut = record.end === 'none' || (record.end === '\r' && record.length === body.length);
  if (isCut && !all) return undefined;
  return { values: record.values, blankLines, lineEnd: record.end };
}

interface ParsedRecord {
  readonly values: readonly string[];
  readonly end: CsvHead['lineEnd'];
  readonly length: number;
}

function parseRecord(
  text: string,
  { delimiter, quote, escape }: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
): ParsedRecord {
  const values: string[] = [];
  let value = '';
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    const next = text[index + 1];
    if (quoted) {
      if (character === escape && next === quote) value += text[(index += 1)];
      else if (character === quote) quoted = false;
      else value += character;
    } else if (quote !== '' && character === quote && value === '') quoted = true;
    else if (character === delimiter) value = pushed(values, value);
    else if (character === '\n' || character === '\r') {
      const end = character === '\r' && next === '\n' ? '\r\n' : character;
      return { values: [...values, value], end, length: index + end.length };
    } else value += character;
  }
  return { values: [...values, value], end: 'none', length: text.length };
}

function pushed(values: string[], value: string): string {
  values.push(value);
  return '';
}
