import { z } from 'zod';

/** Where a page ended: the value it is sorted by, and the id, which tells rows of equal values apart. */
export interface ListCursor {
  /** The sort that it belongs to, as in the query. */
  readonly sort: string;
  /** As Postgres prints it, with its full precision. */
  readonly value: string;
  readonly id: string;
}

const LONGEST = 2_000;
const shape = z.tuple([
  z.string(),
  z.string().refine((text) => !text.includes('\0')),
  z.string().regex(/^[a-z]{3}_[a-z0-9]{1,40}$/),
]);

/** Text that means nothing to clients and needs no escaping in a URL. */
export function encodeCursor({ sort, value, id }: ListCursor): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
}

export function decodeCursor(text: string): ListCursor | undefined {
  if (text.length > LONGEST) return undefined;
  const parsed = shape.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (!parsed.success) return undefined;
  const [sort, value, id] = parsed.data;
  return { sort, value, id };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
