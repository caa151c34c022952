import { z } from 'zod';

/** What a run does. */
export const syncFields = {
  streams: z.array(z.string().min(1)).min(1).optional().describe('Only these streams; all when absent.'),
  refresh: z
    .union([z.literal(true), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      'Reads these streams, or all of the run, from the start; what they had loaded is replaced at once when they have ended.',
    ),
  backfill: z
    .strictObject({
      from: z.string().min(1).optional().describe('First cursor value, as the source prints it.'),
      to: z.string().min(1).optional().describe('The cursor value to stop before.'),
    })
    .refine((window) => window.from !== undefined || window.to !== undefined, 'from or to is needed')
    .optional()
    .describe('Reads a window of cursor values again, and leaves the cursor where it is.'),
};

const body = z.strictObject({
  ...syncFields,
  trigger: z.enum(['api', 'manual']).default('api').describe('`manual` when a person asked for it, as the CLI does.'),
});

/** The body may be missing altogether. */
export const requestSyncSchema = z.preprocess((value) => value ?? {}, body);

export type RequestSyncBody = z.output<typeof body>;

export const pauseBodySchema = z.preprocess(
  (value) => value ?? {},
  z.strictObject({ note: z.string().max(500).default('').describe('Why, for those who wonder later.') }),
);

export interface PauseBody {
  readonly note: string;
}

/** A retry of a run that ended before its time. */
export const retryBodySchema = z.preprocess(
  (value) => value ?? {},
  z.strictObject({
    from: z
      .enum(['source', 'stage'])
      .default('source')
      .describe('`stage` loads only what the run had staged, and leaves the source alone.'),
  }),
);

export interface RetryBody {
  readonly from: 'source' | 'stage';
}

export const replayBodySchema = z.strictObject({
  destinationId: z.string().min(1).describe('The destination to load into.'),
});

export type ReplayBody = z.output<typeof replayBodySchema>;
