import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleHandle,
} from '@temporalio/client';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import type { ScheduleDigest } from '../../platform/db/rows.js';
import { pauseNote, scheduleId } from '../../workflows/messages.js';
import { grpcCode, messageOf } from './engine-errors.js';
import { foundDigest, wantedDigest } from './schedule-digest.js';
import {
  installationOf,
  isForeign,
  nextState,
  scheduleOptions,
  type ScheduledConnection,
  type ScheduleOptions,
} from './schedule-options.js';
import { listSchedules, type SchedulePage } from './schedule-list.js';
import { catchUpWindowMs, type TimedSchedule } from './schedule-spec.js';
import type { SearchAttributes } from './search-attributes.js';
import type { TemporalLink } from './temporal-link.js';

/** Shortly after a change about one description in two hundred comes only when the server asks itself again, after 5 s. */
const LIMIT_MS = 15_000;
const LIST_LIMIT_MS = 20_000;
const GRPC_INVALID_ARGUMENT = 3;

/**
 * One Temporal Schedule per connection that has a schedule. Updates carry no conflict token (sdk-typescript#1967): the
 * caller holds the connection's row lock, and what became of the Schedule is read back and kept in the row.
 */
export class ScheduleKeeper {
  constructor(
    private readonly link: TemporalLink,
    private readonly attributes: SearchAttributes,
    private readonly installation: () => Promise<string>,
  ) {}

  /**
   * Makes the Schedule what the connection says.
   * @returns what Temporal then says of it; null when there is none to have
   * @throws MillraceError `connection.invalid` when the server refuses it, `request.conflict` when it is not ours
   */
  async apply(connection: ScheduledConnection): Promise<ScheduleDigest | null> {
    const { schedule } = connection;
    if (schedule.type === 'manual') {
      await this.remove(connection.connectionId);
      return null;
    }
    const options = await this.options(connection, schedule);
    const installation = await this.installation();
    return this.call(async (client) => {
      const handle = await put(client, options, { installation, paused: connection.paused });
      const found = await fitCatchUpWindow(handle, schedule);
      return { wanted: wantedDigest(options), ...foundDigest(found) };
    });
  }

  /** Digest of what `apply` would ask for now. */
  async wanted(connection: ScheduledConnection, schedule: TimedSchedule): Promise<string> {
    return wantedDigest(await this.options(connection, schedule));
  }

  /** Undefined when Temporal does not have it. */
  async find(connectionId: string, limitMs = LIMIT_MS): Promise<ScheduleDescription | undefined> {
    return this.existing(connectionId, (handle) => handle.describe(), limitMs);
  }

  async remove(connectionId: string): Promise<void> {
    await this.own(connectionId, (handle) => handle.delete());
  }

  async pause(connectionId: string, note: string): Promise<void> {
    await this.own(connectionId, (handle) => handle.pause(pauseNote(note)));
  }

  async unpause(connectionId: string): Promise<void> {
    await this.own(connectionId, (handle) => handle.unpause('Resumed in Millrace.'));
  }

  /** One page of the Schedules of all installations in the namespace; one that was made a moment ago may be missing. */
  async list(pageSize: number, after?: Uint8Array): Promise<SchedulePage> {
    return this.call((client) => listSchedules(client, pageSize, after), LIST_LIMIT_MS);
  }

  async reachable(): Promise<boolean> {
    return this.link.reachable();
  }

  private async options(connection: ScheduledConnection, schedule: TimedSchedule): Promise<ScheduleOptions> {
    const [installation, typedSearchAttributes] = await Promise.all([this.installation(), this.attributes.of(connection)]);
    return scheduleOptions(connection, schedule, { installation, taskQueue: this.link.taskQueue, typedSearchAttributes });
  }

  /** Leaves alone what belongs to another installation: a copy of its database has connections of the same ids. */
  private async own(connectionId: string, run: (handle: ScheduleHandle) => Promise<void>): Promise<void> {
    const installation = await this.installation();
    await this.existing(connectionId, async (handle) => {
      if (!isForeign(await handle.describe(), installation)) await run(handle);
    });
  }

  private async existing<T>(
    connectionId: string,
    run: (handle: ScheduleHandle) => Promise<T>,
    limitMs = LIMIT_MS,
  ): Promise<T | undefined> {
    return this.call(async (client) => {
      try {
        return await run(client.schedule.getHandle(scheduleId(connectionId)));
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }
    }, limitMs);
  }

  private async call<T>(run: (client: Client) => Promise<T>, limitMs = LIMIT_MS): Promise<T> {
    try {
      return await this.link.call(limitMs, (client) => run(client).catch(refuseArgument));
    } catch (error) {
      throw isMillraceError(error, 'engine.no_worker') ? tooSlow(error) : error;
    }
  }
}

interface Owner {
  readonly installation: string;
  readonly paused: boolean;
}

/** The client answers a spec that the server refuses with a TypeError. */
async function put(client: Client, options: ScheduleOptions, owner: Owner): Promise<ScheduleHandle> {
  try {
    return await createOrUpdate(client, options, owner);
  } catch (error) {
    throw error instanceof TypeError ? refusedSchedule(error) : error;
  }
}

async function createOrUpdate(client: Client, options: ScheduleOptions, owner: Owner): Promise<ScheduleHandle> {
  try {
    return await client.schedule.create(options);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    return update(client, options, owner);
  }
}

/** The memo of a Schedule cannot be changed: one that an older version made without an owner is made anew. */
async function update(client: Client, options: ScheduleOptions, { installation, paused }: Owner): Promise<ScheduleHandle> {
  const handle = client.schedule.getHandle(options.scheduleId);
  const found = await handle.describe();
  if (isForeign(found, installation)) throw foreignSchedule(options.scheduleId);
  if (installationOf(found) === undefined) {
    await handle.delete();
    return client.schedule.create({ ...options, state: nextState(paused, found.state) });
  }
  const { spec, action, policies } = options;
  await handle.update(({ state }) => ({ spec, action, ...(policies ? { policies } : {}), state: nextState(paused, state) }));
  return handle;
}

/** Only the server knows when a cron expression comes next, so this needs a second look. @returns what the server has then */
async function fitCatchUpWindow(handle: ScheduleHandle, schedule: TimedSchedule): Promise<ScheduleDescription> {
  const found = await handle.describe();
  const catchupWindow = catchUpWindowMs(schedule, found.info.nextActionTimes);
  if (found.policies.catchupWindow === catchupWindow) return found;
  await handle.update(({ spec, action, policies, state }) => ({
    spec,
    action,
    policies: { ...policies, catchupWindow },
    state,
  }));
  return handle.describe();
}

export function foreignSchedule(id: string): MillraceError {
  return new MillraceError('request.conflict', {
    detail: `The Schedule ${id} in Temporal belongs to another installation of Millrace.`,
    suggestion: 'A copy of a metadata database needs a Temporal namespace of its own.',
  });
}

function refuseArgument(error: unknown): never {
  throw grpcCode(error) === GRPC_INVALID_ARGUMENT ? refusedSchedule(error) : error;
}

/** Schedules are Temporal's own work: it is not a worker of ours that did not answer. */
function tooSlow(cause: unknown): MillraceError {
  return new MillraceError('engine.timeout', { detail: 'Temporal did not answer in time about the schedule.', cause });
}

function refusedSchedule(cause: unknown): MillraceError {
  const reason = messageOf(cause);
  return new MillraceError('connection.invalid', {
    detail: `The schedule is not valid: ${reason}`,
    path: /time zone/.test(reason) ? 'schedule.timezone' : 'schedule',
    suggestion: 'Correct the schedule.',
    cause,
  });
}
