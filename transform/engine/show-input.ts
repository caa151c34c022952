import type { Engine } from '../../platform/duckdb/engine.js';
import { quoteIdentifier, quoteLiteral } from '../../platform/duckdb/quote.js';
import { NUMBERED_INPUT, ROW_NUMBER } from '../guard/input-table.js';
import type { InputColumn, InputTable, TransformJob } from './protocol.js';

export interface ShownInput {
  readonly rows: number;
  readonly types: readonly string[];
}

interface InputFile {
  readonly path: string;
  readonly rows: number;
  readonly types: ReadonlyMap<string, string>;
}

/** Shows the Parquet files as `input`, rows in order of arrival; nothing is read before the SQL asks for it. */
export async function showInput(engine: Engine, job: TransformJob): Promise<ShownInput> {
  const files = await Promise.all(job.inputs.map((path) => inputFile(engine, path)));
  const types = commonTypes(job.columns, files);
  await engine.run(`create view ${NUMBERED_INPUT} as ${selectAll(job.columns, files, types)}`);
  await engine.run(`create view input as select * exclude (${ROW_NUMBER}) from ${NUMBERED_INPUT}`);
  return { rows: files.reduce((sum, { rows }) => sum + rows, 0), types };
}

/** The same for tables with names of their own, without row numbers. */
export async function showTables(engine: Engine, tables: readonly InputTable[]): Promise<ShownInput> {
  let rows = 0;
  for (const { schema = 'main', name, inputs, columns } of tables) {
    const files = await Promise.all(inputs.map((path) => inputFile(engine, path)));
    await engine.run(`create schema if not exists ${quoteIdentifier(schema)}`);
    const all = selectAll(columns, files, commonTypes(columns, files));
    await engine.run(
      `create view ${quoteIdentifier(schema)}.${quoteIdentifier(name)} as select * exclude (${ROW_NUMBER}) from (${all})`,
    );
    rows += files.reduce((sum, file) => sum + file.rows, 0);
  }
  return { rows, types: [] };
}

async function inputFile(engine: Engine, path: string): Promise<InputFile> {
  const columns = await engine.rows(`select column_name, column_type from (describe from read_parquet(${quoteLiteral(path)}))`);
  const [counted] = await engine.rows(`select num_rows from parquet_file_metadata(${quoteLiteral(path)})`);
  const types = new Map(columns.map((row) => [String(row['column_name']), String(row['column_type'])]));
  return { path, rows: Number(counted?.['num_rows']), types };
}

/**
 * The type each column has in every file; VARCHAR where one file holds it as text because a value did not fit the type
 * that the others have.
 */
function commonTypes(columns: readonly InputColumn[], files: readonly InputFile[]): string[] {
  return columns.map(({ column, stage }) => {
    const found = new Set(files.map(({ types }) => types.get(column) ?? stage));
    return found.size > 1 ? 'VARCHAR' : ([...found][0] ?? stage);
  });
}

function selectAll(columns: readonly InputColumn[], files: readonly InputFile[], types: readonly string[]): string {
  const cast = ({ column, stage }: InputColumn, index: number, value: string): string =>
    `cast(${value} as ${types[index] ?? stage}) as ${quoteIdentifier(column)}`;
  if (files.length === 0) {
    const nothing = columns.map((column, index) => cast(column, index, 'null')).join(', ');
    return `select ${nothing}, null::bigint as ${ROW_NUMBER} limit 0`;
  }
  const all = columns.map((column, index) => cast(column, index, quoteIdentifier(column.column))).join(', ');
  const parts = files.map(({ path }, index) => {
    const before = files.slice(0, index).reduce((sum, { rows }) => sum + rows, 0);
    return `select ${all}, file_row_number + ${before} as ${ROW_NUMBER} from read_parquet(${quoteLiteral(path)}, file_row_number = true)`;
  });
  return parts.join(' union all ');
}
