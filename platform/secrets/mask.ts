import type { z } from 'zod';
import { isReference } from './reference.js';
import { mapSecrets, schemaPlace } from './schema-walk.js';

const MASK = '***';
/** Shorter ones would blank out half of every message, and protect nothing. */
const SHORTEST_MASKED = 4;

/**
 * `text` without any of `secrets`, in whatever form they may stand there: as they are, URL-encoded, or inside JSON.
 * Drivers like to repeat a connection string in their messages.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    encodeURI(secret),
    JSON.stringify(secret).slice(1, -1),
  ]);
  const longestFirst = [...new Set(forms)].filter((form) => form.length >= SHORTEST_MASKED).sort((a, b) => b.length - a.length);
  return longestFirst.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}

/** Every secret text in a configuration in clear; of a URL also its password alone. What a reference names is none. */
export function secretTexts(schema: z.ZodType, config: unknown): readonly string[] {
  const found: string[] = [];
  mapSecrets(schemaPlace(schema), config, (secret) => {
    if (!isReference(secret)) found.push(...textsOf(secret));
    return secret;
  });
  return found;
}

function textsOf(secret: unknown): readonly string[] {
  if (typeof secret !== 'string')
    return secret === null || typeof secret !== 'object' ? [String(secret)] : Object.values(secret).flatMap(textsOf);
  const password = passwordOf(secret);
  return password === undefined ? [secret] : [secret, ...password];
}

function passwordOf(text: string): readonly string[] | undefined {
  if (!URL.canParse(text)) return undefined;
  const { password } = new URL(text);
  return password === '' ? undefined : [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
