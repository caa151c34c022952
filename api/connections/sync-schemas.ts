import { z } from 'zod';

const body = z.strictObject({
  streams: z.array(z.string().min(1)).min(1).optional().describe('Only these streams; all when absent.'),
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
