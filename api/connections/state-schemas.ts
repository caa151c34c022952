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

const positionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('start') }),
    z.strictObject({ kind: z.literal('scan'), scan: scanMarkSchema }),
    z.strictObject({ kind: z.literal('cursor'), cursor: cursorMarkSchema }),
    z.strictObject({ kind: z.literal('end') }),
  ])
  .meta({ id: 'Position' });

const counter = z.int().min(0);

export const feedStateSchema = z
  .strictObject({ lineage: counter, generation: counter, seq: counter, position: positionSchema })
  .meta({ id: 'FeedState' });

const activeRunSchema = z.object({ runId: z.string(), number: z.int(), workflowId: z.string(), trigger: z.string() });

export const connectionStateSchema = z
  .object({
    paused: z.boolean(),
    pauseNote: z.string().nullable(),
    epoch: z.int(),
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

export interface SetStateBody {
  readonly feeds: Readonly<Record<string, { readonly position: Position }>>;
}
