import { appendFile } from 'node:fs/promises';
import type { FileEvent, RowsEvent } from '../connectors/sdk/types.js';
import { quoteLiteral } from '../platform/duckdb/quote.js';
import { stageType } from '../schema/stage-types.js';
import type { Field } from '../schema/types.js';

/** Rows of a source that has nothing better than objects, as a file that DuckDB reads. Every value travels as text. */
export async function rowsFile(event: RowsEvent, fields: readonly Field[], path: string): Promise<FileEvent> {
  const lines = event.rows.map((row) => JSON.stringify(fields.map((field) => textOf(row[field.name]))));
  const text = lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  await appendFile(path, text, { flag: 'ax' });
  const longest = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 1_024);
  const scan = `read_json(${quoteLiteral(path)}, format='newline_delimited', records=false, columns={'json': 'VARCHAR[]'}, maximum_object_size=${2 * longest})`;
  const select = fields.map((field, index) => `cast(json[${index + 1}] as ${stageType(field.type)})`);
  return {
    kind: 'file',
    file: { format: 'duckdb-scan', scan, select, label: 'rows' },
    rows: event.rows.length,
    bytes: Buffer.byteLength(text),
  };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean | bigint);
}
