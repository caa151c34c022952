/**
 * How a secret is kept at rest (I12): AES-256-GCM, one random IV per value, in an object that says so.
 * @module
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MillraceError } from '../errors/error.js';

const envelopeSchema = z.strictObject({
  $secret: z.strictObject({
    v: z.literal(1),
    keyId: z.string(),
    iv: z.base64(),
    data: z.base64(),
    tag: z.base64(),
  }),
});

export type SecretEnvelope = z.infer<typeof envelopeSchema>;

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;

export function isEnvelope(value: unknown): value is SecretEnvelope {
  return envelopeSchema.safeParse(value).success;
}

/** Any JSON value may be a secret. */
export function sealSecret(value: unknown, key: Buffer): SecretEnvelope {
  assertKey(key);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return {
    $secret: {
      v: 1,
      keyId: keyId(key),
      iv: iv.toString('base64'),
      data: data.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    },
  };
}

/** @throws MillraceError `setup.invalid` when the envelope was sealed with another key or was changed. */
export function openSecret(envelope: SecretEnvelope, key: Buffer): unknown {
  assertKey(key);
  const { keyId: sealedWith, iv, data, tag } = envelope.$secret;
  if (sealedWith !== keyId(key)) throw wrongKey(`sealed with key ${sealedWith}, but the key given is ${keyId(key)}`);
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return JSON.parse(Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]).toString('utf8'));
  } catch (cause) {
    throw wrongKey('damaged', cause);
  }
}

/** Tells keys apart without giving anything of them away. */
function keyId(key: Buffer): string {
  return createHash('sha256').update('millrace-key-id').update(key).digest('hex').slice(0, 8);
}

function assertKey(key: Buffer): void {
  if (key.length !== KEY_BYTES) throw wrongKey(`the key has ${key.length} bytes instead of ${KEY_BYTES}`);
}

function wrongKey(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: `A stored secret cannot be read: ${reason}.`,
    path: 'MILLRACE_SECRET_KEY',
    suggestion: 'Start with the MILLRACE_SECRET_KEY the secret was stored with, or store the secret again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
