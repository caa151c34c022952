import { createHash } from 'node:crypto';
import { MillraceError } from '../errors/error.js';

const KEY_BYTES = 32;

/** The key that seals from now on, and those that still open what was sealed with them. */
export class KeyRing {
  readonly currentId: string;
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** @throws MillraceError `setup.invalid` for a key of the wrong length */
  constructor(
    readonly current: Buffer,
    others: readonly Buffer[] = [],
  ) {
    for (const key of [current, ...others]) assertKey(key);
    this.currentId = keyId(current);
    this.#keys = new Map([...others, current].map((key) => [keyId(key), key]));
  }

  /** The current one first. */
  get ids(): readonly string[] {
    return [this.currentId, ...[...this.#keys.keys()].filter((id) => id !== this.currentId)];
  }

  get all(): readonly Buffer[] {
    return this.ids.flatMap((id) => this.#keys.get(id) ?? []);
  }

  /** Undefined when this ring does not have it. */
  find(id: string): Buffer | undefined {
    return this.#keys.get(id);
  }
}

/** Tells keys apart without giving anything of them away. */
function keyId(key: Buffer): string {
  return createHash('sha256').update('millrace-key-id').update(key).digest('hex').slice(0, 8);
}

function assertKey(key: Buffer): void {
  if (key.length === KEY_BYTES) return;
  throw new MillraceError('setup.invalid', {
    detail: `The key has ${key.length} bytes instead of ${KEY_BYTES}.`,
    path: 'MILLRACE_SECRET_KEY',
    suggestion: 'Make one with openssl rand -base64 32.',
  });
}
