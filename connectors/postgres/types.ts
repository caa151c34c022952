/**
 * How every Postgres type is staged and comes back, without loss. Each row was tried both ways on real servers;
 * `docs/connectors/postgres.md` explains the pitfalls behind it.
 * @module
 */
import type { CsvColumnRule } from '../sdk/types.js';
import { stageType } from '../../schema/stage-types.js';
import { type Field, type LogicalType, decimalShape, elementType } from '../../schema/types.js';

/** A column's type as the catalogs describe it; a domain has been resolved to its base type. */
export interface CatalogType {
  /** `pg_type.typname`; of the element when `isArray`. */
  readonly name: string;
  /** In pg_catalog, hence equal on every server. */
  readonly builtIn: boolean;
  readonly kind: string;
  readonly isArray: boolean;
  /** With modifiers: `numeric(38,18)`. */
  readonly formatted: string;
  readonly labels: readonly string[] | null;
}

const LOGICAL: Readonly<Record<string, LogicalType>> = {
  bool: 'boolean',
  int2: 'int16',
  int4: 'int32',
  int8: 'int64',
  oid: 'uint32',
  xid: 'uint32',
  cid: 'uint32',
  xid8: 'uint64',
  float4: 'float32',
  float8: 'float64',
  date: 'date',
  timestamp: 'timestamp',
  timestamptz: 'timestamptz',
  time: 'time',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'json',
  bytea: 'bytes',
  text: 'string',
  varchar: 'string',
  bpchar: 'string',
  name: 'string',
  char: 'string',
};

/** Element types whose one-dimensional arrays become DuckDB lists; other arrays travel as Postgres's own literal. */
const LIST_ELEMENTS = new Set<LogicalType>(['boolean', 'int16', 'int32', 'int64', 'float32', 'float64', 'uuid']);

export function logicalType(type: CatalogType): LogicalType {
  const scalar = scalarType(type);
  if (!type.isArray) return scalar;
  const shape = decimalShape(scalar);
  return LIST_ELEMENTS.has(scalar) || (shape && shape.precision <= 18) ? (`${scalar}[]` as LogicalType) : 'opaque';
}

function scalarType(type: CatalogType): LogicalType {
  if (type.kind === 'e' || type.name === 'citext') return 'string';
  if (!type.builtIn) return 'opaque';
  return type.name === 'numeric' ? numericType(type.formatted) : (LOGICAL[type.name] ?? 'opaque');
}

function numericType(formatted: string): LogicalType {
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)/.exec(formatted) ?? [];
  const [p, s] = [Number(precision), Number(scale)];
  return precision !== undefined && p <= 38 && s >= 0 && s <= p ? `decimal(${p},${s})` : 'numeric';
}

/** The expression that hands a column to COPY: xml would otherwise lose its declaration. */
export function copyExpression(column: string, field: Field): string {
  return field.native?.type === 'xml' ? `${column}::text` : column;
}

const TEXT_RULE: CsvColumnRule = { read: 'VARCHAR', stage: (column) => column };
const keep = (column: string): string => column;

/** Attempts in order: typed; typed with BC dates spelled DuckDB's way; text. */
export function stageRules(field: Field): readonly CsvColumnRule[] {
  const typed = typedRules(field.type, field.native?.type);
  return [...typed, TEXT_RULE];
}

function typedRules(type: LogicalType, native: string | undefined): readonly CsvColumnRule[] {
  const element = elementType(type);
  if (element) return [{ read: 'VARCHAR', stage: (c) => `translate(${c}, '{}', '[]')::${stageType(element)}[]` }];
  const shape = decimalShape(type);
  if (shape) return [decimalRule(shape.precision, shape.scale)];
  switch (type) {
    case 'date':
      // never read as DATE: what follows the date, such as BC, would be dropped silently
      return [
        { read: 'TIMESTAMP', stage: (c) => `${c}::DATE` },
        {
          read: 'VARCHAR',
          stage: (c) =>
            `case when ${c} like '% BC' then (replace(${c}, ' BC', '') || ' (BC)')::DATE else ${c}::TIMESTAMP::DATE end`,
        },
      ];
    case 'timestamp':
      return [
        { read: 'TIMESTAMP', stage: keep },
        { read: 'VARCHAR', stage: beforeChrist },
      ];
    case 'timestamptz':
      // never read as TIMESTAMPTZ: text that cannot be parsed would become NULL silently
      return [
        { read: 'TIMESTAMP', stage: (c) => `${c} at time zone 'UTC'` },
        { read: 'VARCHAR', stage: (c) => `${beforeChrist(c)} at time zone 'UTC'` },
      ];
    case 'bytes':
      return [{ read: 'VARCHAR', stage: (c) => `unhex(substr(${c}, 3))` }];
    case 'json':
      return native === 'json' ? [] : [{ read: 'JSON', stage: keep }];
    case 'string':
    case 'numeric':
    case 'opaque':
      return [];
    default:
      return [{ read: stageType(type), stage: keep }];
  }
}

const beforeChrist = (column: string): string =>
  `regexp_replace(${column}, '^(\\S+) ([0-9:.]+)(\\+00)? BC$', '\\1 (BC) \\2')::TIMESTAMP`;

/** More than 18 digits are read as text: DuckDB's CSV reader is ten times slower on them. */
function decimalRule(precision: number, scale: number): CsvColumnRule {
  const type = `DECIMAL(${precision},${scale})`;
  if (precision <= 18) return { read: type, stage: keep };
  return {
    read: 'VARCHAR',
    stage: (c) => (scale <= 18 ? `coalesce(try_cast(${c} as DECIMAL(18,${scale}))::${type}, ${c}::${type})` : `${c}::${type}`),
  };
}

/** The expression that turns a staged column back into text that Postgres reads as the same value. */
export function loadExpression(column: string, stage: string): string {
  if (stage === 'BLOB') return `'\\x' || hex(${column})`;
  if (stage === 'VARCHAR[]' || stage === 'JSON[]') return textArray(column);
  if (stage.endsWith('[]')) return `translate(${column}::VARCHAR, '[] ', '{}')`;
  return column;
}

function textArray(column: string): string {
  const element = `case when x is null then 'NULL' else '"' || replace(replace(x, '\\', '\\\\'), '"', '\\"') || '"' end`;
  return `case when ${column} is null then null else '{' || array_to_string(list_transform(${column}, lambda x: ${element}), ',') || '}' end`;
}

const COLUMN_TYPE: Partial<Record<LogicalType, string>> = {
  boolean: 'boolean',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  uint32: 'bigint',
  uint64: 'numeric(20,0)',
  numeric: 'numeric',
  float32: 'real',
  float64: 'double precision',
  date: 'date',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  uuid: 'uuid',
  json: 'jsonb',
  bytes: 'bytea',
};

/** The type of a new column for a value that does not come from Postgres, as `format_type` prints it. */
export function columnType(type: LogicalType): string {
  const element = elementType(type);
  if (element) return `${columnType(element)}[]`;
  const shape = decimalShape(type);
  return shape ? `numeric(${shape.precision},${shape.scale})` : (COLUMN_TYPE[type] ?? 'text');
}
