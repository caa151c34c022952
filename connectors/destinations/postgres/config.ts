import { z } from 'zod';
import { postgresConnectionFields } from '../../postgres/config.js';
import { UNREACHABLE_CONFIG, reachable } from '../../sdk/connection-fields.js';

export const config = z
  .strictObject({
    ...postgresConnectionFields,
    schema: z
      .string()
      .min(1)
      .max(63)
      .default('public')
      .describe('Schema for tables whose stream names no target schema; it is created when missing.'),
  })
  .refine(reachable, UNREACHABLE_CONFIG);

export type PostgresDestinationConfig = z.infer<typeof config>;
