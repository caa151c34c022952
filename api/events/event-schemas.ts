import { z } from 'zod';

export const eventsQuerySchema = z.strictObject({
  connectionId: z.string().optional().describe('Only runs of this connection.'),
});

export type EventsQuery = z.output<typeof eventsQuerySchema>;

/** One event; the body is one after the other, as the HTML standard writes them. */
export const eventStreamSchema = z.object({
  id: z.string().describe('Grows with every change; what Last-Event-ID names.'),
  event: z.enum(['snapshot', 'change', 'end']),
  data: z
    .string()
    .describe('JSON: `{runs: Run[]}` of a snapshot, `{run: Run}` with the streams that have changed of the others.'),
});
