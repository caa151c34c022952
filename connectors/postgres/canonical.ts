import type { Field } from '../../schema/types.js';

/**
 * The text by which a value is compared: what Postgres prints under the pinned settings of a session. A value of the same
 * type prints the same on every server, so `1.10` and `1.1` of `numeric` differ, as do -0 and 0, '' and NULL.
 */
export function canonicalText(column: string, type: string): string {
  // the cast of char(n) to text drops its blanks
  return isBlankPadded(type) ? `textin(bpcharout(${column}))` : `${column}::text`;
}

/**
 * The text that a source's value must have in a target column of another type: the value went there as text.
 * @returns undefined where it may print in another way although nothing is lost
 */
export function canonicalTextAs(column: string, field: Field, target: string): string | undefined {
  const type = field.native?.type ?? '';
  if (type === target || field.native?.definition) return canonicalText(column, type);
  if (isText(type) && isText(target)) return canonicalText(column, type);
  if (isNumber(type) && isNumber(target)) return `${column}::text::${target}::text`;
  if (!isText(target) || !TRAVELS_AS_ITS_TEXT.has(field.type)) return undefined;
  return `case when ${column} is not null then format('%s', ${column}) end`; // not every cast to text prints what COPY prints
}

const TRAVELS_AS_ITS_TEXT: ReadonlySet<string> = new Set([
  'opaque',
  'string',
  'numeric',
  'json',
  'int16',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'uuid',
]);

const isBlankPadded = (type: string): boolean => /^character(\(\d+\))?$/.test(type);
const isText = (type: string): boolean => /^(text|character varying(\(\d+\))?)$/.test(type);
const isNumber = (type: string): boolean =>
  /^(smallint|integer|bigint|real|double precision|numeric(\(\d+,-?\d+\))?)$/.test(type);
