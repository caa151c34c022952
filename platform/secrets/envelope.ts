/**
 * How a secret is kept at rest (I12): AES-256-GCM, one random IV per value, in an object that says so.
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MillraceError } from '../errors/error.js';
import type { KeyRing } from './key-ring.js';

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
const IV_BYTES = 12;

export function isEnvelope(value: unknown): value is SecretEnvelope {
  return envelopeSchema.safeParse(value).success;
}

/** Any JSON value may be a secret. Sealed with the ring's current key. */
export function sealSecret(value: unknown, ring: KeyRing): SecretEnvelope {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, ring.current, iv);
  const data = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  return {
    $secret: {
      v: 1,
      keyId: ring.currentId,
      iv: iv.toString('base64'),
      data: data.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    },
  };
}

/** @throws MillraceError `setup.invalid` when the ring lacks the key of the envelope, or the envelope was changed. */
export function openSecret(envelope: SecretEnvelope, ring: KeyRing): unknown {
  const { keyId: sealedWith, iv, data, tag } = envelope.$secret;
  const key = ring.find(sealedWith);
  if (!key) throw wrongKey(`sealed with key ${sealedWith}, but the keys given are ${ring.ids.join(', ')}`);
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
    decipher.setAuthTag(Buffer.from(tag, 'base64'));
    return JSON.parse(Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]).toString('utf8'));
  } catch (cause) {
    throw wrongKey('damaged', cause);
  }
}

function wrongKey(reason: string, cause?: unknown): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: `A stored secret cannot be read: ${reason}.`,
    path: 'MILLRACE_SECRET_KEY',
    suggestion: 'Give the key the secret was stored with in MILLRACE_SECRET_KEY or MILLRACE_SECRET_KEY_OLD, or store it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
