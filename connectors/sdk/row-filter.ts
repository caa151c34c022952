import { compareDecimals } from '../../checkpoint/decimal.js';
import { type Field, decimalShape } from '../../schema/types.js';
import { type TypedCondition, badFilter, conditionsOf } from './filter.js';
import type { ReadRequest } from './types.js';

type Row = Readonly<Record<string, unknown>>;
type Compare = (a: string, b: string) => number;

const WHOLE = ['int16', 'int32', 'int64', 'uint32', 'uint64', 'numeric'];
const NUMBER = /^[-+]?\d+(\.\d+)?$/;
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
/** Digits of a second that are compared. */
const FRACTION_DIGITS = 9;

/**
 * Whether a row meets `request.filter`, for sources whose system cannot be asked for it. Values are compared as the field's
 * type says: whole numbers and decimals by their digits, times by the moment, everything else as text.
 * @throws MillraceError `source.bad_filter`, `source.field_missing`
 */
export function rowFilter(request: Pick<ReadRequest, 'stream' | 'filter'>): (row: object) => boolean {
  const tests = conditionsOf(request).map((condition) => testOf(request.stream.name, condition));
  return (row) => tests.every((test) => test(row as Row));
}

function testOf(stream: string, condition: TypedCondition): (row: Row) => boolean {
  const { field, is, values } = condition;
  const compare = comparing(field);
  const order = (row: Row, value: string): number => {
    try {
      return compare(textOf(row[field.name]), value);
    } catch (cause) {
      throw badFilter(stream, condition, cause);
    }
  };
  const [first = ''] = values;
  const tests: Record<TypedCondition['is'], (row: Row) => boolean> = {
    '=': (row) => order(row, first) === 0,
    '!=': (row) => order(row, first) !== 0,
    '<': (row) => order(row, first) < 0,
    '<=': (row) => order(row, first) <= 0,
    '>': (row) => order(row, first) > 0,
    '>=': (row) => order(row, first) >= 0,
    in: (row) => values.some((value) => order(row, value) === 0),
    'not in': (row) => values.every((value) => order(row, value) !== 0),
    null: (row) => isNull(row, field),
    'not null': (row) => !isNull(row, field),
  };
  const meets = tests[is];
  return is === 'null' ? meets : (row) => !isNull(row, field) && meets(row); // as in SQL, NULL meets no comparison
}

const isNull = (row: Row, { name }: Field): boolean => row[name] === null || row[name] === undefined;

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function comparing({ type }: Field): Compare {
  if (WHOLE.includes(type) || decimalShape(type)) return (a, b) => compareDecimals(numberOf(a), numberOf(b));
  if (type === 'float32' || type === 'float64') return (a, b) => inOrder(floatOf(a), floatOf(b));
  if (type === 'timestamp' || type === 'timestamptz' || type === 'date') return (a, b) => inOrder(momentOf(a), momentOf(b));
  return inOrder;
}

const inOrder = <T extends string | number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function numberOf(text: string): string {
  if (!NUMBER.test(text)) throw new Error(`${text.slice(0, 40)} is no number`);
  return text.replace(/^\+/, '');
}

function floatOf(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new Error(`${text.slice(0, 40)} is no number`);
  return value;
}

/** In billionths of a second; a time without a zone counts as UTC. */
function momentOf(text: string): bigint {
  const [, day, time = '00:00', fraction = '.0', zone = 'Z'] = TIME.exec(text) ?? [];
  const ms = Date.parse(`${day ?? ''}T${time}${fullZone(zone)}`);
  if (Number.isNaN(ms)) throw new Error(`${text.slice(0, 40)} is no time`);
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(1, FRACTION_DIGITS + 1).padEnd(FRACTION_DIGITS, '0'));
}

const fullZone = (zone: string): string => (/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone);
