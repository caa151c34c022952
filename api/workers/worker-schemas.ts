import { z } from 'zod';

export const workerSchema = z
  .object({
    identity: z.string().describe('As Temporal shows it.'),
    polls: z.array(z.enum(['workflow', 'activity'])).describe('Empty when Temporal has not seen it poll within some minutes.'),
    lastAccessAt: z.iso
      .datetime()
      .nullable()
      .describe('When Temporal last saw it poll; a worker that has ended stays some minutes.'),
    version: z.string().nullable().describe('Null when the process has not told of itself within the last minute.'),
    startedAt: z.iso.datetime().nullable(),
    memoryBytes: z.int().nullable(),
  })
  .meta({ id: 'Worker' });

export type WorkerView = z.infer<typeof workerSchema>;
