import type { z } from 'zod';
import { type Path, isRecord, mapSecrets, schemaPlace } from './schema-walk.js';

/** `{"ref": "env:CRM_PASSWORD"}` in place of a secret: where it is to be found when it is needed. Itself no secret. */
export interface SecretReference {
  readonly ref: string;
}

/** A reference with its place in the configuration. */
export interface PlacedReference {
  readonly ref: string;
  readonly path: Path;
}

export function isReference(value: unknown): value is SecretReference {
  return isRecord(value) && typeof value['ref'] === 'string' && Object.keys(value).length === 1;
}

export function referencesIn(schema: z.ZodType, config: unknown): readonly PlacedReference[] {
  const found: PlacedReference[] = [];
  mapSecrets(schemaPlace(schema), config, (secret, _place, path) => {
    if (isReference(secret)) found.push({ ref: secret.ref, path });
    return secret;
  });
  return found;
}

/** A copy that can be validated without asking for any secret: in place of each reference stands an example. */
export function withExamples(schema: z.ZodType, config: unknown): unknown {
  return mapSecrets(schemaPlace(schema), config, (secret, { example }) =>
    isReference(secret) ? (example ?? 'example') : secret,
  );
}

/** As a person would write it: `config.auth.password`. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), 'config');
}
