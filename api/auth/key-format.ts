import { hash, randomBytes } from 'node:crypto';
import { base32 } from '../../platform/db/ids.js';

/**
 * `mrk_<prefix>_<secret><checksum>`: the prefix is public and finds the row, the secret is 256 random bits. The checksum
 * tells a key that was mistyped or cut off from one that is unknown without asking the database; keys of before have none.
 * How the secret is stored: secret-hash.ts.
 */
const KEY = /^mrk_([0-9a-z]{16})_([0-9a-z]{52})([0-9a-z]{6})?$/;
const PREFIX_BYTES = 10;
const SECRET_BYTES = 32;
const CHECKSUM_CHARS = 6;
/** As many as the characters hold. */
const CHECKSUM_BYTES = 4;

export interface NewKey {
  /** Shown once, stored nowhere. */
  readonly text: string;
  readonly prefix: string;
  readonly secret: string;
}

export function generateKey(): NewKey {
  const prefix = base32(randomBytes(PREFIX_BYTES));
  const secret = base32(randomBytes(SECRET_BYTES));
  return { text: `mrk_${prefix}_${secret}${checksumOf(prefix, secret)}`, prefix, secret };
}

export interface PresentedKey {
  readonly prefix: string;
  readonly secret: string;
}

/** Undefined for what is no key, or is one with a typing error. */
export function parseKey(text: string): PresentedKey | undefined {
  const [, prefix, secret, checksum] = KEY.exec(text) ?? [];
  if (prefix === undefined || secret === undefined) return undefined;
  return checksum === undefined || checksum === checksumOf(prefix, secret) ? { prefix, secret } : undefined;
}

function checksumOf(prefix: string, secret: string): string {
  const digest = hash('sha256', `${prefix}_${secret}`, 'buffer');
  return base32(digest.subarray(0, CHECKSUM_BYTES)).slice(0, CHECKSUM_CHARS);
}
