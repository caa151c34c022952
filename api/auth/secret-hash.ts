import { type ScryptOptions, createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/**
 * The secret of a key is stored as `scrypt$N$r$p$salt$hash`. Its 256 random bits could not be guessed from a fast hash either;
 * scrypt costs whoever has stolen the table 16 MB and tens of milliseconds for each try, should the random numbers ever have
 * been worse than they were meant to be. A process pays it once for a key and remembers (`KeyVerifier`).
 *
 * N=2^14, r=8, p=1 takes 20 to 30 ms of one processor at rest: little enough for the first request of each key.
 */
const COST = { N: 16_384, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Twice of what the costs above need; a row that asks for more is not one of ours. */
const MAX_MEMORY_BYTES = 32 * 1024 * 1024;

const SCRYPT = /^scrypt\$(\d{1,6})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/;
/** Of before: one SHA-256 of the secret. */
const SHA256 = /^[0-9a-f]{64}$/;

export async function hashSecret(secret: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(secret, salt, COST);
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Takes the same time wherever the two differ. */
export async function secretMatches(secret: string, stored: string): Promise<boolean> {
  if (isOldHash(stored)) return timingSafeEqual(createHash('sha256').update(secret).digest(), Buffer.from(stored, 'hex'));
  const [, N, r, p, salt, hash] = SCRYPT.exec(stored) ?? [];
  if (salt === undefined || hash === undefined) return false;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(secret, Buffer.from(salt, 'base64url'), cost), Buffer.from(hash, 'base64url'));
}

/** Stored by a version of before, which used another way: to be replaced when the key is next used. */
export function isOldHash(stored: string): boolean {
  return SHA256.test(stored);
}

function derive(secret: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, HASH_BYTES, { ...cost, maxmem: MAX_MEMORY_BYTES }, (error, hash) =>
      error ? reject(error) : resolve(hash),
    );
  });
}
