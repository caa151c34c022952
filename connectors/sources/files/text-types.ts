import type { LogicalType } from '../../../schema/types.js';

/**
 * How text of a CSV or JSON file becomes a typed value without loss: a type takes only text that is written as the type
 * itself would write it, so that `007`, `1.50` as a whole number or a date of 32 days stay text or are reported, and are
 * never changed silently (DuckDB reads them as 7, 2 and an error).
 * @module
 */
export interface TextRule {
  /** SQL that is true for text of this type; absent when every text is. */
  readonly valid?: (text: string) => string;
  /** SQL of the staged value. */
  readonly value: (text: string) => string;
}

const matches = (text: string, pattern: string): string => `regexp_full_match(${text}, '${pattern}')`;
const printsAs =
  (type: string) =>
  (text: string): string =>
    `coalesce(try_cast(${text} as ${type})::varchar = ${text}, false)`;
const castTo =
  (type: string) =>
  (text: string): string =>
    `cast(${text} as ${type})`;
const shapedAs =
  (type: string, pattern: string) =>
  (text: string): string =>
    `(${matches(text, pattern)} and try_cast(${text} as ${type}) is not null)`;

const NUMBER = '-?(0|[1-9][0-9]*)(\\.[0-9]+)?';
const MOMENT = '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?';
const OFFSET = '(Z|[+-][0-9]{2}(:?[0-9]{2})?)';

/**
 * Fifteen digits always survive; more must come back from the double as they were. The first case is the usual one and
 * ten times cheaper than counting digits.
 */
function isExactDouble(text: string): string {
  const digits = `length(ltrim(translate(regexp_replace(${text}, '[eE].*$', ''), '-.', ''), '0'))`;
  const printed = `try_cast(${text} as double)::varchar`;
  const isExact = `isfinite(try_cast(${text} as double)) and (${digits} <= 15 or ${printed} = ${text})`;
  return `case when length(${text}) <= 15 and ${matches(text, NUMBER)} then true
    when ${matches(text, `${NUMBER}([eE][+-]?[0-9]+)?`)} then coalesce(${isExact}, false) else false end`;
}

const same = (text: string): string => text;
const printed = (type: string): TextRule => ({ valid: printsAs(type), value: castTo(type) });
const shaped = (type: string, pattern: string): TextRule => ({ valid: shapedAs(type, pattern), value: castTo(type) });

const RULES: Partial<Record<LogicalType, TextRule>> = {
  boolean: { valid: (text) => `lower(${text}) in ('true', 'false')`, value: castTo('boolean') },
  int16: printed('smallint'),
  int32: printed('integer'),
  int64: printed('bigint'),
  float64: { valid: isExactDouble, value: castTo('double') },
  numeric: { valid: (text) => matches(text, NUMBER), value: same },
  date: printed('date'),
  timestamp: shaped('timestamp', MOMENT),
  timestamptz: shaped('timestamp with time zone', MOMENT + OFFSET),
  time: shaped('time', '[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?'),
  uuid: { valid: (text) => matches(text, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'), value: castTo('uuid') },
  json: { valid: (text) => `json_valid(${text})`, value: castTo('json') },
};

export function textRule(type: LogicalType): TextRule {
  return RULES[type] ?? { value: same };
}

/** In order of preference: the first one that every sampled text fits. `string` when none does. */
export const INFERRED: readonly LogicalType[] = [
  'boolean',
  'int64',
  'float64',
  'numeric',
  'date',
  'timestamp',
  'timestamptz',
  'time',
  'uuid',
];
/** The ones that JSON writes as strings; a number inside quotes stays text. */
export const INFERRED_IN_STRINGS: readonly LogicalType[] = ['date', 'timestamp', 'timestamptz', 'uuid'];
