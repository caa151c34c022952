import { z } from 'zod';
import { pageQueryFields } from '../http/pagination.js';

const reasonSchema = z
  .object({
    field: z.string().optional().describe('Column of the target, where one is to blame.'),
    code: z.string().meta({ examples: ['too_long', 'out_of_range', 'invalid', 'null_value', 'check', 'foreign_key'] }),
    reason: z.string().describe('In words, without values.'),
  })
  .meta({ id: 'RejectReason' });

export const rejectSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    runId: z.string(),
    runNumber: z.int(),
    stream: z.string(),
    slice: z.int().describe('The slice of the stream that the rows were in.'),
    rows: z.int(),
    reasons: z
      .array(reasonSchema.extend({ rows: z.int().describe('A row may have several reasons.') }))
      .describe('The commonest first, at most twenty.'),
    createdAt: z.iso.datetime(),
    replayedAt: z.iso.datetime().nullable().describe('When a run loaded the rows again, or rejected them again.'),
    replayedRunId: z.string().nullable(),
  })
  .meta({ id: 'Reject' });

export const rejectQuerySchema = z.strictObject({
  ...pageQueryFields,
  stream: z.string().min(1).optional().describe('Only of this stream.'),
});

export const rejectedRowSchema = z
  .object({
    row: z.int().describe('Number of the row in its slice, from 1.'),
    reasons: z.array(reasonSchema),
    values: z
      .record(z.string(), z.string().nullable())
      .describe('As text, cut after 2,000 characters; the file holds them whole.'),
  })
  .meta({ id: 'RejectedRow' });

export const rowsQuerySchema = z.strictObject({
  limit: pageQueryFields.limit,
  after: z.coerce.number().int().min(0).optional().describe('`page.next` of the page before.'),
});

export const downloadQuerySchema = z.strictObject({
  format: z.enum(['parquet', 'csv', 'ndjson']).default('parquet').describe('Parquet holds every value with its type.'),
});

const replayBody = z.strictObject({
  stream: z.string().min(1).optional().describe('Only rows of this stream.'),
  run: z.string().min(1).optional().describe('Only rows that this run rejected.'),
  rejects: z
    .array(z.string().min(1))
    .min(1)
    .max(200)
    .optional()
    .describe('Exactly these; otherwise all that were not loaded again yet.'),
});

/** The body may be missing altogether. */
export const replayRejectsSchema = z.preprocess((value) => value ?? {}, replayBody);

export type RejectView = z.infer<typeof rejectSchema>;
export type RejectQuery = z.output<typeof rejectQuerySchema>;
export type RejectedRow = z.infer<typeof rejectedRowSchema>;
export type RowsQuery = z.output<typeof rowsQuerySchema>;
export type DownloadFormat = z.output<typeof downloadQuerySchema>['format'];
export type ReplayRejectsBody = z.output<typeof replayBody>;
