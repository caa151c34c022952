import { MillraceError } from '../../../../platform/errors/error.js';
import type { CsvDialect } from '../config.js';
import type { SourceFile } from '../listing.js';
import { plainBytes } from './bytes.js';
import { RecordScanner, type ScanOptions } from './record-scanner.js';

/**
 * Records of a file, header included, counted without DuckDB; undefined where that cannot be done.
 * @throws MillraceError `source.bad_data` for what DuckDB would read wrongly without a word
 */
export async function countRecords(
  file: SourceFile,
  dialect: CsvDialect,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  const scanner = await scan(file, dialect, options, signal);
  if (!scanner) return undefined;
  const found = scanner.end();
  if (found.openQuoteLine !== undefined)
    throw badFile(`${file.path}, line ${found.openQuoteLine}: a quote is opened and never closed`);
  if (found.mixedLineEnds) throw badFile(`${file.path}: its lines end in different ways (LF, CR LF, CR)`);
  return found.records;
}

/** The line at which a record begins; undefined where the file cannot be read here. */
export async function lineOfRecord(
  file: SourceFile,
  dialect: CsvDialect,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<number | undefined> {
  return (await scan(file, dialect, options, signal))?.lineOfRecord;
}

async function scan(
  file: SourceFile,
  dialect: CsvDialect,
  options: ScanOptions,
  signal: AbortSignal,
): Promise<RecordScanner | undefined> {
  const bytes = dialect.encoding === 'utf-16' ? undefined : plainBytes(file, signal);
  if (!bytes) return undefined;
  const scanner = new RecordScanner(dialect, options);
  for await (const chunk of bytes) scanner.push(chunk);
  return scanner;
}

function badFile(detail: string): MillraceError {
  return new MillraceError('source.bad_data', {
    detail: `${detail}.`,
    suggestion: 'Correct the file; if it has no quoted values at all, set csv.quote to an empty text.',
  });
}
