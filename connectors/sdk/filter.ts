import { MillraceError } from '../../platform/errors/error.js';
import type { Condition } from '../../schema/connection-config.js';
import type { Field } from '../../schema/types.js';
import type { ReadRequest } from './types.js';

/** A condition with its field, and its values as text. */
export interface TypedCondition {
  readonly field: Field;
  readonly is: Condition['is'];
  /** One for comparisons, none for `null` and `not null`. */
  readonly values: readonly string[];
}

/**
 * The conditions that every row of a read must meet. As in SQL, a row whose field is NULL meets no comparison, `!=` and
 * `not in` included.
 * @throws MillraceError `source.field_missing`, `source.bad_filter`
 */
export function conditionsOf({ stream, filter = [] }: Pick<ReadRequest, 'stream' | 'filter'>): readonly TypedCondition[] {
  return filter.map((condition) => {
    const field = stream.fields.find(({ name }) => name === condition.field);
    if (!field)
      throw new MillraceError('source.field_missing', {
        detail: `${stream.name} has no field '${condition.field}' to filter by.`,
        path: 'filter',
        stream: stream.name,
      });
    return { field, is: condition.is, values: valuesOf(condition).map((value) => valueText(stream.name, field, value)) };
  });
}

/** What a connector throws when the values of a condition are none of the field's type, or cannot be compared. */
export function badFilter(stream: string, { field, is, values }: TypedCondition, cause: unknown): MillraceError {
  const said = cause instanceof Error ? `: ${cause.message}` : '';
  return new MillraceError('source.bad_filter', {
    detail: `${field.name} is ${field.native?.type ?? field.type}, and cannot be asked for ${[is, ...values.slice(0, 5)].join(' ')}${said}.`,
    path: 'filter',
    stream,
    cause,
  });
}

function valuesOf(condition: Condition): readonly (string | number | boolean)[] {
  if (!('value' in condition)) return [];
  return Array.isArray(condition.value) ? condition.value : [condition.value];
}

function valueText(stream: string, field: Field, value: string | number | boolean): string {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new MillraceError('source.bad_filter', {
      detail: `The number for ${field.name} has lost digits on its way here.`,
      suggestion: 'Write it as text: "9007199254740993".',
      path: 'filter',
      stream,
    });
  return String(value);
}
