import { type LogicalType, decimalShape, elementType } from './types.js';

const SCALARS: Partial<Record<LogicalType, string>> = {
  boolean: 'BOOLEAN',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int64: 'BIGINT',
  uint32: 'UINTEGER',
  uint64: 'UBIGINT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  time: 'TIME',
  uuid: 'UUID',
  json: 'JSON',
  bytes: 'BLOB',
};

/** The DuckDB type that holds a logical type without loss; VARCHAR where the value travels as text. */
export function stageType(type: LogicalType): string {
  const element = elementType(type);
  if (element) return `${stageType(element)}[]`;
  const shape = decimalShape(type);
  return shape ? `DECIMAL(${shape.precision},${shape.scale})` : (SCALARS[type] ?? 'VARCHAR');
}
