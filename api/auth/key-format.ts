import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { base32 } from '../../platform/db/ids.js';

/**
 * `mrk_<prefix>_<secret>`: the prefix is public and finds the row, the secret is 256 random bits.
 *
 * The secret is stored as one SHA-256. Slow hashes (scrypt, argon2) make guessing a *chosen* password expensive; 256
 * random bits cannot be guessed at any speed, and a slow hash on every request would only let strangers burn our CPU.
 */
const KEY = /^mrk_([0-9a-z]{16})_([0-9a-z]{52})$/;
const PREFIX_BYTES = 10;
const SECRET_BYTES = 32;

export interface NewKey {
  /** Shown once, stored nowhere. */
  readonly text: string;
  readonly prefix: string;
  readonly hash: string;
}

export function generateKey(): NewKey {
  const prefix = base32(randomBytes(PREFIX_BYTES));
  const secret = base32(randomBytes(SECRET_BYTES));
  return { text: `mrk_${prefix}_${secret}`, prefix, hash: hashOf(secret) };
}

export interface PresentedKey {
  readonly prefix: string;
  readonly secret: string;
}

export function parseKey(text: string): PresentedKey | undefined {
  const [, prefix, secret] = KEY.exec(text) ?? [];
  return prefix === undefined || secret === undefined ? undefined : { prefix, secret };
}

/** Takes the same time wherever the two differ. */
export function secretMatches(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret), 'hex'), Buffer.from(hash, 'hex'));
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
