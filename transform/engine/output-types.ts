import type { NativeType, LogicalType } from '../../schema/types.js';

/** How a column that the SQL made is staged: what it means, and the expression that makes it fit for Parquet. */
export interface OutputType {
  readonly type: LogicalType;
  readonly stage: string;
  /** Yields the staged value from a column reference; absent when the column is staged as it is. */
  readonly convert?: (column: string) => string;
  readonly native?: NativeType;
}

const castTo =
  (type: string) =>
  (column: string): string =>
    `${column}::${type}`;

const asText: OutputType = { type: 'string', stage: 'VARCHAR', convert: castTo('VARCHAR') };
const asJson: OutputType = { type: 'json', stage: 'JSON', convert: (column) => `to_json(${column})` };
const asPostgresText = (type: string): OutputType => ({ ...asText, type: 'opaque', native: { system: 'postgres', type } });
const same = (type: LogicalType, stage: string): OutputType => ({ type, stage });
const widened = (type: LogicalType, stage: string): OutputType => ({ type, stage, convert: castTo(stage) });

/** Parquet has no home for the types that are converted here: it would keep milliseconds of an interval, doubles of a HUGEINT. */
const SCALARS: Readonly<Record<string, OutputType>> = {
  BOOLEAN: same('boolean', 'BOOLEAN'),
  TINYINT: widened('int16', 'SMALLINT'),
  UTINYINT: widened('int16', 'SMALLINT'),
  SMALLINT: same('int16', 'SMALLINT'),
  USMALLINT: widened('int32', 'INTEGER'),
  INTEGER: same('int32', 'INTEGER'),
  UINTEGER: same('uint32', 'UINTEGER'),
  BIGINT: same('int64', 'BIGINT'),
  UBIGINT: same('uint64', 'UBIGINT'),
  HUGEINT: widened('decimal(38,0)', 'DECIMAL(38,0)'),
  UHUGEINT: { type: 'numeric', stage: 'VARCHAR', convert: castTo('VARCHAR') },
  BIGNUM: { type: 'numeric', stage: 'VARCHAR', convert: castTo('VARCHAR') },
  FLOAT: same('float32', 'FLOAT'),
  DOUBLE: same('float64', 'DOUBLE'),
  VARCHAR: same('string', 'VARCHAR'),
  DATE: same('date', 'DATE'),
  TIME: same('time', 'TIME'),
  TIMESTAMP: same('timestamp', 'TIMESTAMP'),
  TIMESTAMP_S: widened('timestamp', 'TIMESTAMP'),
  TIMESTAMP_MS: widened('timestamp', 'TIMESTAMP'),
  TIMESTAMP_NS: asText,
  'TIMESTAMP WITH TIME ZONE': same('timestamptz', 'TIMESTAMP WITH TIME ZONE'),
  UUID: same('uuid', 'UUID'),
  BLOB: same('bytes', 'BLOB'),
  JSON: same('json', 'JSON'),
  INTERVAL: asPostgresText('interval'),
  'TIME WITH TIME ZONE': asPostgresText('time with time zone'),
  BIT: asPostgresText('bit varying'),
};

/** Lists of these travel as lists; lists of anything else become JSON, which destinations can hold. */
const LIST_ELEMENTS = /^(boolean|int16|int32|int64|float32|float64|uuid|date|string|decimal\(.*\))$/;

/** @param duckDbType as `describe` prints it, e.g. `DECIMAL(18,3)`, `INTEGER[]`, `STRUCT(a INTEGER)` */
export function outputType(duckDbType: string): OutputType {
  const scalar = SCALARS[duckDbType];
  if (scalar) return scalar;
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(duckDbType);
  if (decimal) return same(`decimal(${Number(decimal[1])},${Number(decimal[2])})`, duckDbType);
  if (duckDbType.endsWith(']')) return listType(duckDbType);
  return /^(STRUCT|MAP|UNION|VARIANT)\b/.test(duckDbType) ? asJson : asText;
}

/** `INTEGER[3]` is a list of a fixed length. */
function listType(duckDbType: string): OutputType {
  const element = outputType(duckDbType.replace(/\[\d*\]$/, ''));
  if (!LIST_ELEMENTS.test(element.type)) return asJson;
  const stage = `${element.stage}[]`;
  const list: OutputType = { type: `${element.type}[]` as LogicalType, stage };
  return stage === duckDbType ? list : { ...list, convert: castTo(stage) };
}
