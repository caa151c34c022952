import type { CsvColumnRule, StagedFile } from '../connectors/sdk/types.js';
import { quoteIdentifier, quoteLiteral } from '../platform/duckdb/quote.js';

/** Which of a column's rules is in use; every value of a file must fit. */
export type RuleChoice = readonly number[];

/** One line may be as long as the whole file up to here; beyond it DuckDB would ask for too much memory. */
const MAX_WHOLE_FILE_LINE = 200_000_000;
const LONG_LINE = 64_000_000;
/** Each thread holds several; by default they are of 32 MB. Lines longer than 2 MB are read again without `parallel`. */
const PARALLEL_BUFFER = 4_194_304;

export interface CsvReading {
  readonly path: string;
  readonly bytes: number;
  /** Only where no value spans lines: DuckDB guesses row starts in mid-file. */
  readonly parallel: boolean;
}

/** SELECT that yields the staged columns of one file, named as in the Parquet file. */
export function stagedSelect(
  file: Exclude<StagedFile, { format: 'native' }>,
  columns: readonly string[],
  choice: RuleChoice,
  reading: CsvReading | undefined,
): string {
  if (file.format === 'duckdb-scan') {
    return `select ${file.select.map((expression, index) => named(expression, columns[index])).join(', ')} from ${file.scan}`;
  }
  const rules = chosenRules(file.columns, choice);
  const expressions = rules.map((rule, index) => named(rule.stage(`c${index}`), columns[index]));
  return `select ${expressions.join(', ')} from ${readCsv(rules, reading ?? { path: file.path, bytes: 0, parallel: false })}`;
}

const named = (expression: string, name: string | undefined): string => `${expression} as ${quoteIdentifier(name ?? '')}`;

export function chosenRules(columns: readonly (readonly CsvColumnRule[])[], choice: RuleChoice): CsvColumnRule[] {
  return columns.map((rules, index) => rules[choice[index] ?? 0] ?? { read: 'VARCHAR', stage: (column) => column });
}

/** Every option is needed: `docs/connectors/postgres.md` says what goes wrong without each. */
export function readCsv(rules: readonly CsvColumnRule[], reading: CsvReading): string {
  const columns = rules.map((rule, index) => `'c${index}': ${quoteLiteral(rule.read)}`).join(', ');
  const longest = reading.bytes < MAX_WHOLE_FILE_LINE ? Math.max(reading.bytes + 1, 1_024) : LONG_LINE;
  const limits = reading.parallel
    ? `parallel=true, buffer_size=${PARALLEL_BUFFER}`
    : `parallel=false, max_line_size=${longest}, buffer_size=${longest}`;
  return `read_csv(${quoteLiteral(reading.path)}, header=true, auto_detect=false, columns={${columns}}, delim=',', quote='"', escape='"',
    allow_quoted_nulls=false, new_line='\\n', strict_mode=true, ${limits})`;
}
