import type { RunStatus } from '../../workflows/messages.js';

export const HEALTHS = ['ok', 'failing', 'late', 'paused', 'never_run'] as const;
export type Health = (typeof HEALTHS)[number];

/** What is known of a connection. */
export interface Vitals {
  readonly paused: boolean;
  /** Why the schedule has paused itself. */
  readonly tripped: string | null;
  /** Outcome of the newest run that has ended; null when none has. */
  readonly lastStatus: RunStatus | null;
  readonly newest: { readonly createdAt: Date; readonly endedAt: Date | null } | null;
  /** When its Schedule last started something; undefined when it has none, or Temporal does not say. */
  readonly lastDueAt: Date | undefined;
}

/** The clocks of Temporal and of the database are two. */
const CLOCK_TOLERANCE_MS = 2_000;

/** One word for a first screen: what a person should do something about comes before what will pass by itself. */
export function healthOf(vitals: Vitals, isLate: boolean): Health {
  if (vitals.paused) return 'paused';
  if (vitals.tripped !== null || vitals.lastStatus === 'failed' || vitals.lastStatus === 'partial') return 'failing';
  if (isLate) return 'late';
  return vitals.lastStatus === null ? 'never_run' : 'ok';
}

/** Scheduled, and yet no run has begun or gone on since the time that has passed. */
export function isLate({ paused, lastDueAt, newest }: Vitals, { nowMs, lateAfterMs }: Lateness): boolean {
  if (paused || lastDueAt === undefined || nowMs - lastDueAt.getTime() < lateAfterMs) return false;
  if (newest === null) return true;
  const lastActive = newest.endedAt ?? new Date(nowMs);
  return Math.max(lastActive.getTime(), newest.createdAt.getTime()) < lastDueAt.getTime() - CLOCK_TOLERANCE_MS;
}

export interface Lateness {
  readonly nowMs: number;
  readonly lateAfterMs: number;
}
