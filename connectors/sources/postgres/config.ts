import { z } from 'zod';
import { postgresConnectionFields } from '../../postgres/config.js';
import { UNREACHABLE_CONFIG, reachable } from '../../sdk/connection-fields.js';

export const config = z
  .strictObject({
    ...postgresConnectionFields,
    schemas: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Only these schemas are discovered; all but the system ones when absent.'),
  })
  .refine(reachable, UNREACHABLE_CONFIG);

export type PostgresSourceConfig = z.infer<typeof config>;
