/**
 * The secrets inside a connector's configuration: sealed for the database, opened for activities, hidden for clients.
 * @module
 */
import type { z } from 'zod';
import { MillraceError } from '../errors/error.js';
import { type SecretEnvelope, isEnvelope, openSecret, sealSecret } from './envelope.js';
import type { KeyRing } from './key-ring.js';
import { isReference } from './reference.js';
import { isRecord, mapRecord, mapSecrets, schemaPlace, type SchemaPlace } from './schema-walk.js';

/** What clients see, and may send back to keep a secret as it is. */
export const SECRET_IS_SET = { set: true } as const;

/**
 * A copy of `config` with every secret sealed; a reference is none, and stays as it is.
 * @throws MillraceError `connector.invalid_config` when it imitates a seal.
 */
export function encryptConfig(schema: z.ZodType, config: unknown, ring: KeyRing): unknown {
  refuseForgedEnvelopes(config);
  return mapSecrets(schemaPlace(schema), config, (secret) => (isReference(secret) ? secret : sealSecret(secret, ring)));
}

/** A copy with every sealed secret in clear: for activities only. @throws MillraceError `setup.invalid` for a wrong key. */
export function decryptConfig(config: unknown, ring: KeyRing): unknown {
  return mapEnvelopes(config, (envelope) => openSecret(envelope, ring));
}

export interface Resealed {
  readonly config: unknown;
  /** How many values were sealed with another key. */
  readonly values: number;
}

/** A copy in which every secret is sealed with the ring's current key. @throws MillraceError `setup.invalid` for an unknown key. */
export function resealConfig(config: unknown, ring: KeyRing): Resealed {
  let values = 0;
  const copy = mapEnvelopes(config, (envelope) => {
    if (envelope.$secret.keyId === ring.currentId) return envelope;
    values += 1;
    return sealSecret(openSecret(envelope, ring), ring);
  });
  return { config: copy, values };
}

/** A copy that may be shown. Hides what is sealed and what the schema marks, whichever is more; references are shown. */
export function describeConfig(schema: z.ZodType | undefined, config: unknown): unknown {
  const hidden = mapEnvelopes(config, () => SECRET_IS_SET);
  return schema ? mapSecrets(schemaPlace(schema), hidden, (secret) => (isReference(secret) ? secret : SECRET_IS_SET)) : hidden;
}

export interface KeepSecrets {
  /** The configuration as it is now, in clear. */
  readonly stored: unknown;
  /** Also keep secrets that `incoming` does not mention at all. */
  readonly fillMissing: boolean;
}

/**
 * A copy of `incoming` that has the stored secrets where `incoming` says `{"set": true}`, or leaves them out. `null`
 * removes a secret.
 */
export function keepSecrets(schema: z.ZodType, incoming: unknown, keep: KeepSecrets): unknown {
  return keepAt(schemaPlace(schema), incoming, keep);
}

function keepAt(place: SchemaPlace, incoming: unknown, keep: KeepSecrets): unknown {
  if (place.secret) return keptSecret(incoming, keep);
  if (Array.isArray(incoming)) {
    return incoming.map((item, index) =>
      keepAt(place.at(index), item, { ...keep, stored: counterpart(item, index, keep.stored) }),
    );
  }
  if (!isRecord(incoming)) return incoming;
  const stored = isRecord(keep.stored) ? keep.stored : {};
  const keys = [
    ...Object.keys(incoming),
    ...place.properties.filter((key) => !Object.hasOwn(incoming, key) && place.at(key).secret),
  ];
  const kept = keys.map((key) => [key, keepAt(place.at(key), incoming[key], { ...keep, stored: stored[key] })] as const);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

function keptSecret(incoming: unknown, keep: KeepSecrets): unknown {
  if (incoming === null) return undefined;
  if (incoming === undefined) return keep.fillMissing ? keep.stored : undefined;
  return isSetMarker(incoming) ? (keep.stored ?? incoming) : incoming;
}

/** Items of a list may have been moved: their name tells which is which, and only without one the place in the list does. */
function counterpart(item: unknown, index: number, stored: unknown): unknown {
  if (!Array.isArray(stored)) return undefined;
  const name = isRecord(item) ? (item['name'] ?? item['id']) : undefined;
  if (name === undefined) return stored[index];
  return stored.find((other) => isRecord(other) && (other['name'] ?? other['id']) === name);
}

function isSetMarker(value: unknown): boolean {
  return isRecord(value) && value['set'] === true && Object.keys(value).length === 1;
}

function mapEnvelopes(value: unknown, replace: (envelope: SecretEnvelope) => unknown): unknown {
  if (isEnvelope(value)) return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapEnvelopes(item, replace));
  return isRecord(value) ? mapRecord(value, (inner) => mapEnvelopes(inner, replace)) : value;
}

/** Only we write envelopes: one that came in from outside would be decrypted later as if it were ours. */
function refuseForgedEnvelopes(config: unknown): void {
  mapEnvelopes(config, () => {
    throw new MillraceError('connector.invalid_config', { detail: 'A value may not be a $secret envelope.', path: 'config' });
  });
}
