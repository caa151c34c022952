import { z } from 'zod';
import { runErrorSchema } from '../runs/run-error-schema.js';
import { runSummarySchema } from '../runs/run-schemas.js';

/** No list of the first screen is longer. */
export const MOST_LISTED = 20;

const named = { connectionId: z.string(), name: z.string() };

const backlogSchema = z.object({
  tasks: z.int().describe('Tasks that wait for a worker, about.'),
  oldestSeconds: z.number().describe('How long the oldest of them has waited.'),
});

export const overviewSchema = z
  .object({
    connections: z
      .object({ total: z.int(), ok: z.int(), failing: z.int(), late: z.int(), paused: z.int(), neverRun: z.int() })
      .describe('Each connection counts once: paused, else failing, else late, else never run, else ok.'),
    failing: z
      .array(
        z.object({
          ...named,
          runId: z.string().nullable(),
          error: runErrorSchema.nullable(),
          tripped: z.string().nullable().describe('Why its schedule has paused itself.'),
        }),
      )
      .max(MOST_LISTED),
    late: z
      .array(
        z.object({
          ...named,
          dueAt: z.iso.datetime().describe('When its schedule wanted a run.'),
          lastRunAt: z.iso.datetime().nullable(),
        }),
      )
      .max(MOST_LISTED)
      .describe('A run was due for longer than `MILLRACE_LATE_AFTER` and none has begun. The longest overdue first.'),
    nextRuns: z
      .array(z.object({ ...named, at: z.iso.datetime() }))
      .max(MOST_LISTED)
      .nullable()
      .describe('The soonest first; null when Temporal does not say.'),
    runs: z.object({
      running: z.int(),
      queued: z.int(),
      data: z.array(runSummarySchema).max(MOST_LISTED).describe('The newest first.'),
    }),
    workers: z.int().nullable().describe('Workers that have polled lately; null when Temporal does not say.'),
    taskQueue: z
      .object({ name: z.string(), workflow: backlogSchema, activity: backlogSchema })
      .nullable()
      .describe('Null when Temporal does not say.'),
  })
  .meta({ id: 'Overview' });

export type OverviewView = z.infer<typeof overviewSchema>;
