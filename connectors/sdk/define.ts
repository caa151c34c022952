import { z } from 'zod';
import type { DestinationDefinition } from './destination.js';
import type { SourceDefinition } from './types.js';

/**
 * Declares a source connector.
 *
 * @example
 * export default defineSource({ id: 'postgres', title: 'PostgreSQL', stability: 'stable', config, check, discover, read });
 */
export function defineSource<Config>(definition: SourceDefinition<Config>): SourceDefinition<Config> {
  return definition;
}

/** Declares a destination connector. */
export function defineDestination<Config>(definition: DestinationDefinition<Config>): DestinationDefinition<Config> {
  return definition;
}

/** Marks a string field as secret: encrypted at rest, never returned, masked in messages (I12). */
export function secret(schema: z.ZodString = z.string().min(1)): z.ZodString {
  return schema.meta({ secret: true, format: 'password' }) as z.ZodString;
}
