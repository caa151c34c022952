import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { scheduleId } from '../../workflows/messages.js';
import { dateOf } from './timestamp.js';

export interface ListedSchedule {
  readonly connectionId: string;
  readonly workspaceId: unknown;
  readonly memo: Readonly<Record<string, unknown>>;
  /** When it last started something, by its plan. */
  readonly lastDueAt: Date | undefined;
  /** Undefined while it is paused. */
  readonly nextRunAt: Date | undefined;
}

export interface SchedulePage {
  readonly schedules: readonly ListedSchedule[];
  /** Absent on the last page. */
  readonly next?: Uint8Array;
}

/** Only what looks like ours is decoded: others in the namespace may encrypt what they write. */
export async function listSchedules(client: Client, pageSize: number, after?: Uint8Array): Promise<SchedulePage> {
  const { schedules, nextPageToken } = await client.workflowService.listSchedules({
    namespace: client.options.namespace,
    maximumPageSize: pageSize,
    ...(after === undefined ? {} : { nextPageToken: after }),
  });
  const ours = schedules.filter(({ scheduleId: id }) => id?.startsWith(scheduleId('')));
  return {
    schedules: ours.flatMap(({ scheduleId: id, memo, info }) => listed(id ?? '', memo?.fields ?? {}, timesOf(info))),
    ...(nextPageToken.length > 0 ? { next: nextPageToken } : {}),
  };
}

type Times = Pick<ListedSchedule, 'lastDueAt' | 'nextRunAt'>;
type ListInfo = Awaited<ReturnType<Client['workflowService']['listSchedules']>>['schedules'][number]['info'];

function timesOf(info: ListInfo): Times {
  const lastDueAt = dateOf(info?.recentActions?.at(-1)?.scheduleTime);
  return { lastDueAt, nextRunAt: info?.paused ? undefined : dateOf(info?.futureActionTimes?.[0]) };
}

function listed(id: string, fields: Readonly<Record<string, Payload>>, times: Times): readonly ListedSchedule[] {
  const memo = Object.fromEntries(Object.entries(fields).map(([name, payload]) => [name, decoded(payload)]));
  const { connection, workspace } = memo;
  return typeof connection === 'string' && id === scheduleId(connection)
    ? [{ connectionId: connection, workspaceId: workspace, memo, ...times }]
    : [];
}

function decoded(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined; // not written by us
  }
}
