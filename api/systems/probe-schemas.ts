import { z } from 'zod';

export const checkResultSchema = z
  .object({
    ok: z.literal(true),
    facts: z.record(z.string(), z.string()).describe('What the other system says of itself: version, user, database.'),
  })
  .meta({ id: 'CheckResult' });

const fieldSchema = z.object({
  name: z.string(),
  type: z.string().describe('Logical type: int64, decimal(10,2), timestamptz, string[], …'),
  nullable: z.boolean(),
  native: z.object({ system: z.string(), type: z.string() }).optional(),
});

const streamDescriptionSchema = z.object({
  name: z.string(),
  fields: z.array(fieldSchema),
  primaryKey: z.array(z.string()).optional(),
  cursorCandidates: z.array(z.string()).describe('Fields that only grow, to choose cursorField from.'),
  sourceDefinedCursor: z.boolean().optional(),
  estimatedRows: z.number().optional(),
  kind: z.string().optional(),
});

export const catalogSchema = z.object({ streams: z.array(streamDescriptionSchema) }).meta({ id: 'Catalog' });
