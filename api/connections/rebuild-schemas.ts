import { z } from 'zod';

const named = { id: z.string(), name: z.string() };

export const rebuildReportSchema = z
  .object({
    connections: z.array(
      z.object({ ...named, epoch: z.int(), streams: z.int().describe('Streams whose place is known.'), paused: z.boolean() }),
    ),
    failures: z.array(z.object({ ...named, code: z.string(), message: z.string() })),
    schedules: z.int().describe('Schedules that were made again or put right.'),
  })
  .meta({ id: 'RebuildReport' });

export type RebuildReport = z.infer<typeof rebuildReportSchema>;
