import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleHandle,
} from '@temporalio/client';
import { MillraceError } from '../../platform/errors/error.js';
import type { ScheduleConfig } from '../../schema/connection-config.js';
import { TICK_WORKFLOW, scheduleId, type TickInput } from '../../workflows/messages.js';
import { grpcCode, messageOf } from './engine-errors.js';
import { catchUpWindowMs, scheduleSpec, type TimedSchedule } from './schedule-spec.js';
import type { ConnectionRefs, SearchAttributes } from './search-attributes.js';
import type { TemporalLink } from './temporal-link.js';

export interface ScheduledConnection extends ConnectionRefs {
  readonly schedule: ScheduleConfig;
  readonly paused: boolean;
}

const LIMIT_MS = 5_000;
const GRPC_INVALID_ARGUMENT = 3;

type ScheduleOptions = Parameters<Client['schedule']['create']>[0];

/**
 * One Temporal Schedule per connection that has a schedule. Updates carry no conflict token (sdk-typescript#1967): the
 * caller holds the connection's row lock.
 */
export class ScheduleKeeper {
  constructor(
    private readonly link: TemporalLink,
    private readonly attributes: SearchAttributes,
  ) {}

  /** Makes the Schedule what the connection says. @throws MillraceError `connection.invalid` when the server refuses it. */
  async apply(connection: ScheduledConnection): Promise<void> {
    const { schedule } = connection;
    if (schedule.type === 'manual') return this.remove(connection.connectionId);
    const typedSearchAttributes = await this.attributes.of(connection);
    await this.call(async (client) => {
      const options = scheduleOptions(connection, schedule, { taskQueue: this.link.taskQueue, typedSearchAttributes });
      const handle = await put(client, options);
      await this.fitCatchUpWindow(handle, schedule);
    });
  }

  async remove(connectionId: string): Promise<void> {
    await this.existing(connectionId, (handle) => handle.delete());
  }

  async pause(connectionId: string, note: string): Promise<void> {
    await this.existing(connectionId, (handle) => handle.pause(note));
  }

  async unpause(connectionId: string): Promise<void> {
    await this.existing(connectionId, (handle) => handle.unpause('resumed'));
  }

  async exists(connectionId: string): Promise<boolean> {
    return (await this.existing(connectionId, (handle) => handle.describe())) !== undefined;
  }

  /** Only the server knows when a cron expression comes next, so this needs a second look. */
  private async fitCatchUpWindow(handle: ScheduleHandle, schedule: TimedSchedule): Promise<void> {
    const { policies, info } = await handle.describe();
    const catchupWindow = catchUpWindowMs(schedule, info.nextActionTimes);
    if (policies.catchupWindow === catchupWindow) return;
    await handle.update(({ spec, action, policies: now, state }) => ({
      spec,
      action,
      policies: { ...now, catchupWindow },
      state,
    }));
  }

  private async existing<T>(connectionId: string, run: (handle: ScheduleHandle) => Promise<T>): Promise<T | undefined> {
    return this.call(async (client) => {
      try {
        return await run(client.schedule.getHandle(scheduleId(connectionId)));
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }
    });
  }

  private async call<T>(run: (client: Client) => Promise<T>): Promise<T> {
    return this.link.call(LIMIT_MS, async (client) => {
      try {
        return await run(client);
      } catch (error) {
        if (grpcCode(error) === GRPC_INVALID_ARGUMENT) throw refusedSchedule(error);
        throw error;
      }
    });
  }
}

async function put(client: Client, options: ScheduleOptions): Promise<ScheduleHandle> {
  try {
    return await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(options.scheduleId);
    const { spec, action, policies, state } = options;
    await handle.update(() => ({ spec, action, ...(policies ? { policies } : {}), state: state ?? {} }));
    return handle;
  }
}

function scheduleOptions(
  connection: ScheduledConnection,
  schedule: TimedSchedule,
  start: Pick<ScheduleOptions['action'], 'taskQueue' | 'typedSearchAttributes'>,
): ScheduleOptions {
  const { workspaceId, connectionId, labels, paused } = connection;
  const input: TickInput = { workspaceId, connectionId, labels };
  return {
    scheduleId: scheduleId(connectionId),
    spec: scheduleSpec(schedule),
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchUpWindowMs(schedule) },
    action: {
      type: 'startWorkflow',
      workflowType: TICK_WORKFLOW,
      workflowId: `tick/${connectionId}`,
      args: [input],
      staticSummary: `Scheduled sync of ${labels.connection}: ${labels.source} → ${labels.destination}`,
      ...start,
    },
    state: paused ? { paused, note: 'The connection is paused.' } : { paused },
    memo: { connection: connectionId, workspace: workspaceId },
  };
}

function refusedSchedule(cause: unknown): MillraceError {
  return new MillraceError('connection.invalid', {
    detail: `The schedule is not valid: ${messageOf(cause)}`,
    path: 'schedule',
    suggestion: 'Correct the schedule.',
    cause,
  });
}
