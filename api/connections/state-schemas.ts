import { z } from 'zod';
import type { Position } from '../../checkpoint/position.js';

const cursorMarkSchema = z.strictObject({
  type: z.enum(['int', 'decimal', 'timestamp', 'timestamptz', 'date', 'string', 'lsn', 'token']),
  field: z.string().min(1),
  value: z.string().nullable().describe("The source's own text: no precision is lost."),
  boundary: z.string().optional().describe('Digest of the rows already taken at this value.'),
});

const scanMarkSchema = z.strictObject({
  by: z.array(z.string().min(1)).min(1),
  after: z.array(z.string()).min(1),
  upper: cursorMarkSchema.optional(),
  largest: cursorMarkSchema.optional(),
});

export const positionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('start') }),
    z.strictObject({ kind: z.literal('scan'), scan: scanMarkSchema }),
    z.strictObject({ kind: z.literal('cursor'), cursor: cursorMarkSchema }),
    z.strictObject({ kind: z.literal('end') }),
  ])
  .meta({ id: 'Position' });

const counter = z.int().min(0);

export const feedStateSchema = z
  .strictObject({
    lineage: counter.describe('Counts explicit changes of position.'),
    generation: counter.describe('Counts refreshes.'),
    seq: counter.describe('Slices loaded in this lineage.'),
    position: positionSchema,
    refreshing: z.literal(true).optional().describe('What is read replaces the target when the stream was read once.'),
  })
  .meta({ id: 'FeedState' });

const activeRunSchema = z.object({ runId: z.string(), number: z.int(), workflowId: z.string(), trigger: z.string() });

export const connectionStateSchema = z
  .object({
    paused: z.boolean(),
    pauseNote: z.string().nullable(),
    tripped: z.string().nullable().describe('Why the schedule has paused itself after failed runs.'),
    epoch: z.int(),
    revision: z.int().describe('Counts explicit changes of position. Sent back with PUT, it refuses a state that is stale.'),
    active: activeRunSchema.nullable(),
    queued: z.array(activeRunSchema),
    lastRun: z.object({ number: z.int(), status: z.string() }).nullable(),
    feeds: z.record(z.string(), feedStateSchema),
  })
  .meta({ id: 'ConnectionState' });

/** Takes what GET gave. Only positions can be set; the rest is there so that the answer of GET can be sent back. */
export const setStateSchema = z
  .strictObject({
    ...connectionStateSchema.partial().shape,
    feeds: z
      .record(z.string(), z.strictObject({ ...feedStateSchema.partial().shape, position: positionSchema }))
      .describe('Feeds that are left out keep their position.'),
  })
  .meta({ id: 'SetState' });

export const stateChangeSchema = z
  .object({
    revision: z.int(),
    kind: z.enum(['set', 'undo', 'reset', 'refresh']),
    by: z.string().describe('Id of the API key.'),
    feeds: z.record(z.string(), z.object({ before: feedStateSchema.nullable(), after: feedStateSchema })),
  })
  .meta({ id: 'StateChange' });

export interface SetStateBody {
  readonly revision?: number;
  readonly feeds: Readonly<Record<string, { readonly position: Position }>>;
}
