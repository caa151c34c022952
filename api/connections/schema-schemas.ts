import { z } from 'zod';

const fieldSchema = z.object({
  name: z.string(),
  type: z.string().describe('Logical type.'),
  nullable: z.boolean(),
  native: z.object({ system: z.string(), type: z.string() }).optional().describe("The source's own type."),
});

export const schemaChangeSchema = z
  .object({
    kind: z.enum(['added', 'dropped', 'widened', 'narrowed', 'retyped', 'required', 'nullable', 'key']),
    field: z.string(),
    from: z.string().optional(),
    to: z.string().optional(),
    breaking: z.boolean().describe('What is loaded already does not fit: it takes a refresh, or a change of the target by hand.'),
  })
  .meta({ id: 'SchemaChange' });

export const schemaVersionSchema = z
  .object({
    stream: z.string(),
    version: z.int(),
    fields: z.array(fieldSchema),
    primaryKey: z.array(z.string()),
    changes: z.array(schemaChangeSchema).describe('What is different from the accepted version before.'),
    accepted: z.boolean().describe('A version that is not accepted changes nothing in the target.'),
    run: z.int().describe('Number of the run that met it first.'),
    seenAt: z.iso.datetime(),
  })
  .meta({ id: 'SchemaVersion' });

export const schemaQuerySchema = z.strictObject({
  stream: z.string().min(1).optional().describe('Only versions of this stream.'),
});
export type SchemaQuery = z.infer<typeof schemaQuerySchema>;
