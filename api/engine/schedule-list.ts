import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { scheduleId } from '../../workflows/messages.js';

export interface ListedSchedule {
  readonly connectionId: string;
  readonly workspaceId: unknown;
  readonly memo: Readonly<Record<string, unknown>>;
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
    schedules: ours.flatMap(({ scheduleId: id, memo }) => listed(id ?? '', memo?.fields ?? {})),
    ...(nextPageToken.length > 0 ? { next: nextPageToken } : {}),
  };
}

function listed(id: string, fields: Readonly<Record<string, Payload>>): readonly ListedSchedule[] {
  const memo = Object.fromEntries(Object.entries(fields).map(([name, payload]) => [name, decoded(payload)]));
  const { connection, workspace } = memo;
  return typeof connection === 'string' && id === scheduleId(connection)
    ? [{ connectionId: connection, workspaceId: workspace, memo }]
    : [];
}

function decoded(payload: Payload): unknown {
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    return undefined; // not written by us
  }
}
