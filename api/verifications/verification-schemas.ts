import { z } from 'zod';
import { listFields, namesSchema, querySchema } from '../lists/list-query.js';
import { runErrorSchema } from '../runs/run-error-schema.js';

const method = z.enum(['count', 'hash']).describe('By the number of rows, or by the contents of every column.');
const scope = z
  .enum(['table', 'run'])
  .describe('What the source holds now against the target, or what one run had staged against what it loaded.');

/** The body may be missing altogether. */
export const verifyBodySchema = z.preprocess(
  (value) => value ?? {},
  z
    .strictObject({
      streams: z.array(z.string().min(1)).min(1).optional().describe('Only these streams; all when absent.'),
      method: method.default('hash'),
      scope: scope.default('table'),
      run: z.int().min(1).optional().describe('Number of the run, for scope run; the newest when absent.'),
    })
    .refine((body) => body.run === undefined || body.scope === 'run', { message: 'belongs to scope run', path: ['run'] }),
);

export interface VerifyBody {
  readonly streams?: readonly string[] | undefined;
  readonly method: 'count' | 'hash';
  readonly scope: 'table' | 'run';
  readonly run?: number | undefined;
}

const differenceSchema = z
  .object({
    kind: z.enum(['missing_in_target', 'extra_in_target', 'different', 'changed_since', 'rejected', 'repaired']),
    key: z.array(z.string().nullable()).nullable().describe('Values of the key as text; null where rows have no key.'),
    columns: z.array(z.string()).optional().describe('Fields whose values differ.'),
    rowHash: z.string().optional().describe('Hash of the row, where rows are compared as a whole.'),
    rows: z.int().optional().describe('How many rows it stands for, where that is not one.'),
  })
  .meta({ id: 'Difference' });

/** What the comparison of one stream has found. Values are never shown, keys are. */
export const streamVerificationSchema = z
  .object({
    method,
    scope,
    matched: z.boolean().describe('Nothing differs that the write mode promises to be equal.'),
    rows: z.object({ source: z.int(), target: z.int() }),
    differences: z.object({
      missing: z.int(),
      extra: z.int(),
      different: z.int(),
      changedSince: z.int().describe('The source has changed the row since it was loaded; no error.'),
      rejected: z.int().optional().describe('Rows that the row policy kept aside; no error.'),
      repaired: z.int().optional().describe('Values that the row policy nulled; no error.'),
    }),
    sample: z.array(differenceSchema).describe('The first differences.'),
    truncated: z.boolean().describe('There are more differences than `sample` lists.'),
    atLeast: z.boolean().describe('Too many rows differ to be counted: there may be more than `differences` says.'),
    by: z.enum(['sql', 'duckdb']).describe('Where the hashes were made: by both servers, or by DuckDB from files.'),
    examinedRows: z.int().describe('Rows of both sides whose hashes were fetched one by one.'),
    skippedColumns: z.array(z.string()).describe('Fields that the target has no column for.'),
    notes: z.array(z.string()),
    checkedAt: z.iso.datetime(),
  })
  .meta({ id: 'StreamVerification' });

const verifiedStreamSchema = z
  .object({
    name: z.string(),
    status: z.enum(['running', 'matched', 'mismatched', 'failed']),
    result: streamVerificationSchema.nullable(),
    error: runErrorSchema.nullable().describe('Why the stream could not be compared.'),
  })
  .meta({ id: 'VerifiedStream' });

export const verificationSchema = z
  .object({
    id: z.string(),
    connectionId: z.string(),
    method,
    scope,
    run: z.int().nullable().describe('Number of the run, for scope run.'),
    status: z.enum(['running', 'succeeded', 'failed', 'cancelled']).describe('failed: a stream could not be compared.'),
    matched: z.boolean().nullable().describe('Whether every stream matched; null until all were compared.'),
    runActive: z.boolean().describe('A run of the connection was active meanwhile: differences may be rows on their way.'),
    streams: z.array(verifiedStreamSchema),
    workflowId: z.string(),
    temporalUrl: z.string().nullable(),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Verification' });

const STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;

export const verificationQuerySchema = querySchema({
  ...listFields({ fields: Object.keys(verificationSchema.shape) }),
  status: namesSchema(STATUSES)
    .optional()
    .describe(`Only those with one of these statuses: ${STATUSES.join(', ')}.`),
});

export type VerificationQuery = z.output<typeof verificationQuerySchema>;

export type VerificationView = z.infer<typeof verificationSchema>;
