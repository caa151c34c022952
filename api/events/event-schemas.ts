import { z } from 'zod';

export const eventsQuerySchema = z.strictObject({
  connectionId: z.string().optional().describe('Only runs of this connection.'),
});

export type EventsQuery = z.output<typeof eventsQuerySchema>;

export const eventStreamSchema = z
  .string()
  .describe(
    'Events `snapshot` (data: `{runs: Run[]}`), `change` and `end` (data: `{run: Run}` with the streams that have changed).',
  );
