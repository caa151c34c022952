/**
 * How every MySQL and MariaDB type is read and staged, without loss; `docs/connectors/mysql.md` says what becomes of each.
 * @module
 */
import { stageType } from '../../../schema/stage-types.js';
import { type Field, type LogicalType, decimalShape } from '../../../schema/types.js';
import type { CsvColumnRule } from '../../sdk/types.js';
import type { MysqlSourceConfig } from './config.js';
import type { CsvKind } from './wire/csv-rows.js';

/** A column as information_schema describes it. */
export interface ColumnType {
  /** `bigint`, without anything else. */
  readonly dataType: string;
  /** `bigint(20) unsigned`. */
  readonly columnType: string;
  /** Of text; null for everything else. */
  readonly charset: string | null;
  /** MariaDB's JSON is text that is checked. */
  readonly isJson: boolean;
}

const INTEGERS: Readonly<Record<string, readonly [signed: LogicalType, unsigned: LogicalType]>> = {
  tinyint: ['int16', 'int16'],
  smallint: ['int16', 'int32'],
  mediumint: ['int32', 'int32'],
  int: ['int32', 'uint32'],
  bigint: ['int64', 'uint64'],
};

const LOGICAL: Readonly<Record<string, LogicalType>> = {
  year: 'int16',
  float: 'float32',
  double: 'float64',
  date: 'date',
  datetime: 'timestamp',
  timestamp: 'timestamptz',
  json: 'json',
  uuid: 'uuid',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  vector: 'bytes',
};

const TEXTS = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']);
const SPATIAL = /^(geometry|point|linestring|polygon|multipoint|multilinestring|multipolygon|geom(etry)?collection)$/;

export function logicalType(type: ColumnType, { tinyint1 }: Pick<MysqlSourceConfig, 'tinyint1'>): LogicalType {
  const { dataType, columnType } = type;
  if (columnType === 'tinyint(1)' && tinyint1 === 'boolean') return 'boolean';
  const integer = INTEGERS[dataType];
  if (integer) return integer[/\bunsigned\b/.test(columnType) ? 1 : 0];
  if (dataType === 'decimal') return decimalType(columnType);
  if (dataType === 'bit') return bitType(columnType);
  if (TEXTS.has(dataType)) return type.isJson ? 'json' : 'string';
  return LOGICAL[dataType] ?? 'opaque';
}

function decimalType(columnType: string): LogicalType {
  const [, precision, scale] = /\((\d+),(\d+)\)/.exec(columnType) ?? [];
  return Number(precision) <= 38 ? `decimal(${Number(precision)},${Number(scale)})` : 'numeric';
}

/** Bits count as the number that they are. */
function bitType(columnType: string): LogicalType {
  const bits = Number(/\((\d+)\)/.exec(columnType)?.[1] ?? 1);
  if (bits === 1) return 'boolean';
  return bits < 32 ? 'int32' : bits < 64 ? 'int64' : 'uint64';
}

export const isSpatial = ({ dataType }: Pick<ColumnType, 'dataType'>): boolean => SPATIAL.test(dataType);

/** How one column is asked for, and how its bytes are written down. */
export interface ColumnReading {
  readonly select: string;
  readonly csv: CsvKind;
}

const DATES = new Set(['date', 'datetime', 'timestamp']);

/** Without a day, a month or a year it is none. */
const knownDate = (column: string): string =>
  `case when dayofmonth(${column}) > 0 and month(${column}) > 0 and year(${column}) > 0 then ${column} end`;

type ReadType = Pick<ColumnType, 'dataType' | 'columnType'>;

/**
 * @param column quoted
 * @param unknownDates what is selected for dates that are none
 */
export function columnReading(
  column: string,
  field: Field,
  { dataType, columnType, unknownDates }: ReadType & Pick<MysqlSourceConfig, 'unknownDates'>,
): ColumnReading {
  if (unknownDates === 'null' && DATES.has(dataType)) return { select: knownDate(column), csv: 'plain' };
  if (isSpatial({ dataType })) return { select: wellKnownBinary(column), csv: 'plain' };
  // as text a float would show six digits only; with declared digits it has no others
  if (dataType === 'float' && !columnType.includes('(')) return { select: `cast(${column} as double)`, csv: 'plain' };
  if (dataType === 'bit') return { select: `${column} + 0`, csv: 'plain' };
  if (field.type === 'bytes') return { select: column, csv: 'hex' };
  return { select: column, csv: ['string', 'json', 'opaque'].includes(field.type) ? 'text' : 'plain' };
}

/**
 * Hexadecimal EWKB, which PostGIS takes as a geometry. The server keeps four bytes of SRID before the plain form; it stands
 * behind the type, which has a bit for it, and is left out where it is 0.
 */
function wellKnownBinary(column: string): string {
  const hex = `hex(${column})`;
  return `case when left(${hex}, 8) = '00000000' then substr(${hex}, 9)
    else concat('01', substr(${hex}, 11, 6), '20', left(${hex}, 8), substr(${hex}, 19)) end`;
}

const TEXT_RULE: CsvColumnRule = { read: 'VARCHAR', stage: (column) => column };

/**
 * Attempts in order: typed, then as the source's own text. The latter is for values that no other system knows, such as
 * 0000-00-00: the destination then does with them what the stream's `rowPolicy` says.
 */
export function stageRules(field: Field): readonly CsvColumnRule[] {
  return [...typedRules(field.type), TEXT_RULE];
}

function typedRules(type: LogicalType): readonly CsvColumnRule[] {
  const shape = decimalShape(type);
  if (shape) return [decimalRule(shape.precision, shape.scale)];
  switch (type) {
    case 'date':
      return [{ read: 'TIMESTAMP', stage: (c) => `${inOurEra(c)}::DATE` }];
    case 'timestamp':
      return [{ read: 'TIMESTAMP', stage: inOurEra }];
    case 'timestamptz':
      return [{ read: 'TIMESTAMP', stage: (c) => `${inOurEra(c)} at time zone 'UTC'` }];
    case 'bytes':
      return [{ read: 'VARCHAR', stage: (c) => `unhex(${c})` }];
    case 'json':
      return [{ read: 'JSON', stage: (c) => c }];
    case 'string':
    case 'numeric':
    case 'opaque':
      return [];
    default:
      return [{ read: stageType(type), stage: (c) => c }];
  }
}

/** The year 0 of MySQL is a date that is not known; DuckDB would take it for the year 1 before Christ. */
const inOurEra = (column: string): string =>
  `case when ${column} < TIMESTAMP '0001-01-01' then error('no date') else ${column} end`;

/** More than 18 digits are read as text: DuckDB's CSV reader is ten times slower on them. */
function decimalRule(precision: number, scale: number): CsvColumnRule {
  const type = `DECIMAL(${precision},${scale})`;
  if (precision <= 18) return { read: type, stage: (c) => c };
  return {
    read: 'VARCHAR',
    stage: (c) => (scale <= 18 ? `coalesce(try_cast(${c} as DECIMAL(18,${scale}))::${type}, ${c}::${type})` : `${c}::${type}`),
  };
}
