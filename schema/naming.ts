import { createHash } from 'node:crypto';

/** Columns with such names are ours: those of a source that Millrace has loaded itself are not read again. */
export const isReserved = (column: string): boolean => column.startsWith('_millrace_');

/** Longest identifier that Postgres keeps, in bytes. */
export const MAX_IDENTIFIER_BYTES = 63;
const HASH_CHARS = 8;

/**
 * A name within `maxBytes`. A longer one is cut at a character and gets `_` and the first 8 hex digits of its SHA-256, so that
 * the result is stable and two long names do not meet.
 */
export function fitIdentifier(name: string, maxBytes: number = MAX_IDENTIFIER_BYTES): string {
  if (Buffer.byteLength(name) <= maxBytes) return name;
  const suffix = `_${shortHash(name)}`;
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character) + suffix.length > maxBytes) break;
    kept += character;
  }
  return kept + suffix;
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);
}

/** Names made different without regard to case: DuckDB and many file readers take `A` and `a` for the same column. */
export function caseInsensitiveNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${name}_${n}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** How fields are called in staged files. */
export function stagedNames(fields: readonly { readonly name: string }[]): (name: string) => string {
  const staged = caseInsensitiveNames(fields.map((field) => field.name));
  const byName = new Map(fields.map((field, index) => [field.name, staged[index] ?? field.name]));
  return (name) => byName.get(name) ?? name;
}
