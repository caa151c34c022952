import { ScheduleOverlapPolicy, type Client, type ScheduleDescription } from '@temporalio/client';
import type { ScheduleConfig } from '../../schema/connection-config.js';
import { PAUSED_BY_US, TICK_WORKFLOW, pauseNote, scheduleId, type TickInput } from '../../workflows/messages.js';
import { catchUpWindowMs, scheduleSpec, type TimedSchedule } from './schedule-spec.js';
import type { ConnectionRefs } from './search-attributes.js';

export interface ScheduledConnection extends ConnectionRefs {
  readonly schedule: ScheduleConfig;
  readonly paused: boolean;
}

export type ScheduleOptions = Parameters<Client['schedule']['create']>[0];
type ScheduleState = Pick<ScheduleDescription['state'], 'paused' | 'note'>;

export interface ScheduleSurroundings extends Pick<ScheduleOptions['action'], 'taskQueue' | 'typedSearchAttributes'> {
  /** Whose Schedule it is, where several installations share a namespace. */
  readonly installation: string;
}

/** What the connection asks Temporal for. */
export function scheduleOptions(
  connection: ScheduledConnection,
  schedule: TimedSchedule,
  { installation, ...start }: ScheduleSurroundings,
): ScheduleOptions {
  const { workspaceId, connectionId, labels } = connection;
  return {
    scheduleId: scheduleId(connectionId),
    spec: scheduleSpec(schedule),
    policies: {
      overlap: schedule.overlap === 'queue' ? ScheduleOverlapPolicy.BUFFER_ONE : ScheduleOverlapPolicy.SKIP,
      catchupWindow: catchUpWindowMs(schedule),
    },
    action: {
      type: 'startWorkflow',
      workflowType: TICK_WORKFLOW,
      workflowId: `tick/${connectionId}`,
      args: [tickInput(connection, schedule)],
      staticSummary: `Scheduled sync of ${labels.connection}: ${labels.source} → ${labels.destination}`,
      ...start,
    },
    state: nextState(connection.paused),
    memo: { connection: connectionId, workspace: workspaceId, installation },
  };
}

function tickInput({ workspaceId, connectionId, labels }: ScheduledConnection, { overlap }: TimedSchedule): TickInput {
  return { workspaceId, connectionId, labels, ...(overlap === 'queue' ? { overlap } : {}) };
}

/** A person paused it in Temporal: nobody but a person ends that. */
export function isPausedByHand({ paused, note }: ScheduleState): boolean {
  return paused && note?.startsWith(PAUSED_BY_US) !== true;
}

/** The state that a Schedule gets when it is written. A pause keeps its note, and one that was made by hand stays. */
export function nextState(paused: boolean, now?: ScheduleState): { readonly paused: boolean; readonly note?: string } {
  if (now?.paused && (paused || isPausedByHand(now))) return { paused: true, note: now.note ?? '' };
  return paused ? { paused, note: pauseNote('') } : { paused, note: '' };
}

/** The installation that a Schedule says it belongs to; undefined for one that an older version made. */
export function installationOf({ memo }: Pick<ScheduleDescription, 'memo'>): string | undefined {
  const installation = memo?.['installation'];
  return typeof installation === 'string' ? installation : undefined;
}

export function isForeign(found: Pick<ScheduleDescription, 'memo'>, installation: string): boolean {
  const owner = installationOf(found);
  return owner !== undefined && owner !== installation;
}
