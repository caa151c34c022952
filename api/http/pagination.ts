import { z } from 'zod';

/** Lists are read in pages by key, newest first: `after` is the last id of the page before. */

const MAX_LIMIT = 200;

export const pageQueryFields = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(50).describe(`How many to return, at most ${MAX_LIMIT}.`),
  after: z
    .string()
    .regex(/^[a-z]{3}_[a-z0-9]{1,26}$/, 'an id from page.next')
    .optional()
    .describe('`page.next` of the page before.'),
};

export const pageQuerySchema = z.strictObject(pageQueryFields);
export type PageQuery = z.infer<typeof pageQuerySchema>;

export interface Page<T> {
  readonly data: readonly T[];
  readonly page: { readonly next: string | null; readonly hasMore: boolean };
}

export function pageSchema<T extends z.ZodType>(item: T): z.ZodObject<{ data: z.ZodArray<T>; page: typeof pageInfoSchema }> {
  return z.object({ data: z.array(item), page: pageInfoSchema });
}

const pageInfoSchema = z.object({
  next: z.string().nullable().describe('Send it as `after` to get the next page.'),
  hasMore: z.boolean(),
});

/** `rows` holds one more than `limit` when there is a next page: ask the database for `limit + 1`. */
export function toPage<Row extends { readonly id: string }, T>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const hasMore = rows.length > limit;
  return { data: shown.map(present), page: { next: hasMore ? (shown.at(-1)?.id ?? null) : null, hasMore } };
}

/** A list that is always complete, in the same shape. */
export function wholePage<T>(data: readonly T[]): Page<T> {
  return { data, page: { next: null, hasMore: false } };
}
