/**
 * Values of a column as SQL. MySQL compares whatever it is given, and takes what is no number for 0: so a value is looked at
 * here first.
 * @module
 */
import type { Field } from '../../../schema/types.js';
import type { Column } from './discover.js';
import { hexLiteral, literal } from './sql.js';

const WHOLE = /^[-+]?\d+$/;
const DECIMAL = /^[-+]?\d+(\.\d+)?$/;
const FLOAT = /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/;
const DATE = /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])$/;
const MOMENT =
  /^(\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01]))(?:[ T]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const TIME = /^-?\d{1,3}:[0-5]\d:[0-5]\d(\.\d{1,6})?$/;
const HEX = /^([0-9a-f]{2})*$/i;

/** Character sets from which every text comes back as the same bytes. */
const ROUND_TRIPS = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii', 'latin1', 'latin2', 'ucs2', 'utf16', 'utf16le', 'utf32']);

/** A value that is none of the column's type. */
export class BadValue extends Error {}

/** @throws BadValue */
export function valueSql(field: Field, column: Column | undefined, value: string): string {
  const dataType = column?.dataType ?? '';
  switch (field.type) {
    case 'boolean':
      return booleanSql(value);
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return checked(WHOLE, value, 'number');
    case 'float32':
    case 'float64':
      return /e/i.test(value) ? checked(FLOAT, value, 'number') : `${checked(FLOAT, value, 'number')}e0`;
    case 'date':
      return `'${checked(DATE, value, 'date')}'`;
    case 'timestamp':
    case 'timestamptz':
      return momentSql(value, field.type);
    case 'bytes':
      return `X'${checked(HEX, value, 'hexadecimal text')}'`;
    case 'string':
      return column?.charset ? textSql(column, value) : literal(value);
    case 'opaque':
      return dataType === 'time' ? `'${checked(TIME, value, 'time')}'` : literal(value);
    default:
      return field.type.startsWith('decimal') || field.type === 'numeric' ? checked(DECIMAL, value, 'number') : literal(value);
  }
}

/** In the column's own character set and collation, so that its index is used and its order holds. */
function textSql({ charset, collation }: Column, value: string): string {
  return `(convert(_utf8mb4 ${hexLiteral(value)} using ${charset}) collate ${collation})`;
}

function booleanSql(value: string): string {
  if (['true', 't', '1'].includes(value.toLowerCase())) return '1';
  if (['false', 'f', '0'].includes(value.toLowerCase())) return '0';
  throw new BadValue(`${value.slice(0, 40)} is neither true nor false`);
}

/** Sessions are in UTC. What has no zone must not be given one, but for UTC, which is how DuckDB prints it. */
function momentSql(value: string, type: 'timestamp' | 'timestamptz'): string {
  const [, day, time = '00:00:00', zone = 'Z'] = MOMENT.exec(value) ?? [];
  const isUtc = /^(Z|[+-]00(:?00)?)$/.test(zone);
  if (day === undefined || (!isUtc && type === 'timestamp'))
    throw new BadValue(`${value.slice(0, 40)} is no time of this column`);
  const moment = `'${day} ${time}'`;
  if (isUtc) return moment;
  return `convert_tz(${moment}, '${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}', '+00:00')`;
}

function checked(pattern: RegExp, value: string, what: string): string {
  if (pattern.test(value)) return value;
  throw new BadValue(`${value.slice(0, 40)} is no ${what}`);
}

/** The text of a key's value as it came, from which `valueSql` makes the same value again. */
export function valueText(field: Field, bytes: Buffer): string {
  return field.type === 'bytes' ? bytes.toString('hex').toUpperCase() : bytes.toString('utf8');
}

/**
 * Whether rows can be read in the order of a column from any value on: its order must be that of its comparisons. Labels of an
 * enum are ordered by their number, and compared as text.
 */
export function isOrdered(field: Field, column: Column | undefined): boolean {
  if (!column || ['enum', 'set', 'json', 'bit'].includes(column.dataType)) return false;
  if (field.type === 'string') return column.charset !== null && ROUND_TRIPS.has(column.charset);
  return field.type !== 'opaque' || column.dataType === 'time';
}
