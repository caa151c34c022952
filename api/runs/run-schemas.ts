import { z } from 'zod';
import { listFields, momentSchema, namesSchema, querySchema } from '../lists/list-query.js';
import { streamVerificationSchema } from '../verifications/verification-schemas.js';
import { runErrorSchema } from './run-error-schema.js';

const RUN_STATUSES = ['queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'delayed'] as const;

const TRIGGERS = ['manual', 'schedule', 'api', 'backfill'] as const;

export const runStatusSchema = z.enum(RUN_STATUSES).meta({ id: 'RunStatus' });

const rowsSchema = z
  .object({
    extracted: z.int().describe('Read from the source.'),
    repeated: z.int().describe('Read again at the last cursor value and dropped.'),
    filtered: z.int().describe('Taken out by the transform.'),
    loaded: z.int().describe('Written and committed.'),
    rejected: z.int().describe('Kept aside with a reason.'),
    superseded: z.int().describe('Replaced by a newer row of the same key.'),
  })
  .meta({ id: 'RowCounts' });

export const runStreamSchema = z
  .object({
    name: z.string(),
    step: z.enum(['waiting', 'extract', 'transform', 'load', 'checkpoint', 'verify', 'finished']),
    status: runStatusSchema,
    rows: rowsSchema,
    bytes: z.int(),
    slices: z.int(),
    cursor: z.unknown().describe('How far the stream was read; null before anything was.'),
    error: runErrorSchema.nullable(),
    notes: z.array(z.string()).describe('Schema changes and other things worth knowing.'),
    verification: streamVerificationSchema
      .nullable()
      .describe('What the comparison after the last load has found; null when there was none.'),
  })
  .meta({ id: 'RunStream' });

const runFields = {
  id: z.string(),
  workspaceId: z.string(),
  connectionId: z.string(),
  connectionName: z.string().optional().describe('As it is named, or was when it was deleted.'),
  connectionVersion: z.int().nullable().describe('The version of the connection it runs; null until it is prepared.'),
  number: z.int().describe('Counts the runs of its connection.'),
  trigger: z.enum(TRIGGERS),
  status: runStatusSchema,
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  workflowId: z.string(),
  temporalUrl: z.string().nullable().describe('The run in the Temporal Web UI.'),
  error: runErrorSchema.nullable(),
};

export const runSummarySchema = z.object(runFields).meta({ id: 'RunSummary' });
export const runSchema = z.object({ ...runFields, streams: z.array(runStreamSchema) }).meta({ id: 'Run' });

export const runItemSchema = runSummarySchema
  .extend({ streams: z.array(runStreamSchema).optional().describe('With include=streams.') })
  .meta({ id: 'RunItem' });

export const runQuerySchema = querySchema({
  ...listFields({ fields: Object.keys(runFields), sorts: ['startedAt', 'endedAt'] }),
  connectionId: z.string().optional().describe('Only runs of this connection.'),
  status: namesSchema(RUN_STATUSES)
    .optional()
    .describe('Only runs with one of these statuses, separated by commas.')
    .meta({ examples: ['failed,partial'] }),
  trigger: namesSchema(TRIGGERS)
    .optional()
    .describe(`Only runs started by one of these: ${TRIGGERS.join(', ')}.`),
  since: momentSchema.optional().describe('Only runs asked for from this time on.'),
  until: momentSchema.optional().describe('Only runs asked for before this time.'),
  include: namesSchema(['streams']).optional().describe('What to put into each as well: streams.'),
});

export type RunQuery = z.output<typeof runQuerySchema>;
export type RunView = z.infer<typeof runSchema>;
export type RunSummaryView = z.infer<typeof runSummarySchema>;
export type RunItemView = z.infer<typeof runItemSchema>;
export type RunStreamView = z.infer<typeof runStreamSchema>;
