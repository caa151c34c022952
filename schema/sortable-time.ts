/** Crockford's base32 in lowercase: its order is the order of the values. */
export const BASE32_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const TIME_CHARS = 10;

/** Milliseconds as ten characters that sort by time, as in a ULID. */
export function sortableTime(ms: number): string {
  let text = '';
  for (let rest = ms; text.length < TIME_CHARS; rest = Math.floor(rest / 32)) text = BASE32_ALPHABET.charAt(rest % 32) + text;
  return text;
}
