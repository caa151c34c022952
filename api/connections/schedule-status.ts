import { z } from 'zod';
import type { ScheduleDescription } from '@temporalio/client';
import type { ScheduleKeeper } from '../engine/schedules.js';

export const scheduleStatusSchema = z
  .object({
    nextRuns: z
      .array(z.iso.datetime())
      .max(5)
      .describe('When it starts the next runs, jitter included; empty while it is paused.'),
    paused: z.boolean().describe('Also true when somebody paused the Schedule in Temporal, which Millrace leaves alone.'),
    note: z.string().nullable().describe('Why it is paused, or what was last done to it.'),
  })
  .meta({ id: 'ScheduleStatus' });

export type ScheduleStatus = z.output<typeof scheduleStatusSchema>;

const SHOWN_RUNS = 5;
/** Somebody waits for the connection, which can be shown without it. */
const LIMIT_MS = 1_500;

/** Null when Temporal does not say, for whatever reason. */
export async function scheduleStatus(schedules: ScheduleKeeper, connectionId: string): Promise<ScheduleStatus | null> {
  const found = await schedules.find(connectionId, LIMIT_MS).catch(() => undefined);
  return found ? statusOf(found) : null;
}

function statusOf({ state, info }: Pick<ScheduleDescription, 'state' | 'info'>): ScheduleStatus {
  const times = state.paused ? [] : info.nextActionTimes.slice(0, SHOWN_RUNS);
  return {
    nextRuns: times.map((time) => time.toISOString()),
    paused: state.paused,
    note: state.note === '' ? null : (state.note ?? null),
  };
}
