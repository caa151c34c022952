/**
 * What every list of resources understands: how many, from where, in which order, which of them, and how much of each.
 * Names are allow-listed; what is not known is refused with what is.
 * @module
 */
import { z } from 'zod';
import { pageQueryFields } from '../http/pagination.js';
import { decodeCursor, type ListCursor } from './list-cursor.js';

export interface Sort {
  readonly field: string;
  readonly descending: boolean;
}

export interface ListRequest {
  readonly limit: number;
  readonly after?: ListCursor | undefined;
  readonly sort: Sort;
  readonly fields?: readonly string[] | undefined;
}

/** Every list can be sorted by it, and is when nothing else is said: newest first. */
export const CREATED = 'createdAt';
const NEWEST_FIRST: Sort = { field: CREATED, descending: true };

export interface KnownNames {
  /** Of one item of the list. */
  readonly fields: readonly string[];
  /** Besides `createdAt`. */
  readonly sorts?: readonly string[];
}

/** Parameters of a list; the filters of its own are put beside them. */
export function listFields({ fields, sorts = [] }: KnownNames): {
  readonly limit: typeof pageQueryFields.limit;
  readonly after: typeof afterSchema;
  readonly sort: z.ZodType<Sort, string | undefined>;
  readonly fields: z.ZodOptional<NamesSchema>;
} {
  const known = [CREATED, ...sorts];
  const orders = known.flatMap((name) => [name, `-${name}`]);
  return {
    limit: pageQueryFields.limit,
    after: afterSchema,
    sort: z
      .enum(orders as [string, ...string[]])
      .transform((text): Sort => ({ field: text.replace(/^-/, ''), descending: text.startsWith('-') }))
      .default(NEWEST_FIRST)
      .describe(`One of ${known.join(', ')}; with - before it, the other way round. Newest first when absent.`),
    fields: namesSchema(fields)
      .optional()
      .describe(`Only these fields of each, separated by commas, and the id: ${fields.join(', ')}.`),
  };
}

const afterSchema = z
  .string()
  .transform((text, context): ListCursor => {
    const cursor = decodeCursor(text);
    if (cursor) return cursor;
    context.addIssue({ code: 'custom', message: 'must be page.next of the page before' });
    return z.NEVER;
  })
  .optional()
  .describe('`page.next` of the page before, with the same sort and filters.');

export const searchField = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .optional()
  .describe('Only those whose name holds this, whatever the case.');

type NamesSchema = z.ZodType<readonly string[], string>;

/** Names separated by commas, all of them known. */
export function namesSchema(known: readonly string[]): NamesSchema {
  return z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(known as [string, ...string[]])));
}

/** `true` or `false`; z.coerce would take every text for true. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A moment in the query. */
export const momentSchema = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** A strict object that names what it knows when it meets what it does not. */
export function querySchema<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = `Known parameters: ${Object.keys(shape).join(', ')}.`;
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? known : undefined) });
}
