import { randomBytes } from 'node:crypto';
import { BASE32_ALPHABET, sortableTime } from '../../schema/sortable-time.js';

/**
 * Ids that say what they name and sort by the time they were made: `src_01k6m3v8w2f4…`. 48 bits of milliseconds and 80
 * random bits in Crockford's base32, as in a ULID, lowercase so that they can stand in URLs, file names and workflow ids.
 */

export const ID_PREFIXES = {
  workspace: 'wsp',
  source: 'src',
  destination: 'dst',
  connection: 'con',
  run: 'run',
  reject: 'rej',
  key: 'key',
  verification: 'ver',
  audit: 'aud',
  installation: 'ins',
  upload: 'upl',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** The only workspace for now. Fixed, so that every installation and every stage path agrees on it. */
export const DEFAULT_WORKSPACE = 'wsp_default';

const RANDOM_BYTES = 10;

export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  return `${ID_PREFIXES[kind]}_${sortableTime(nowMs)}${base32(randomBytes(RANDOM_BYTES))}`;
}

/** Ids of the kind that were made at this time or later are not before it. */
export function firstIdOf(kind: IdKind, time: Date): string {
  return `${ID_PREFIXES[kind]}_${sortableTime(Math.max(0, time.getTime()))}`;
}

const REST = /^_[a-z0-9]{1,26}$/;

export function isId(kind: IdKind, text: string): boolean {
  const prefix = ID_PREFIXES[kind];
  return text.startsWith(prefix) && REST.test(text.slice(prefix.length));
}

/** Lowercase Crockford base32 without padding: 8 characters for every 5 bytes. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32_ALPHABET.charAt((value >>> bits) & 31);
    }
  }
  return bits > 0 ? text + BASE32_ALPHABET.charAt((value << (5 - bits)) & 31) : text;
}
