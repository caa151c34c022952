import { type Client, ScheduleNotFoundError, type ScheduleHandle } from '@temporalio/client';
import type { Activities } from '../activities/contract.js';
import type { MetadataStore } from '../platform/db/store.js';
import { pauseNote, scheduleId } from '../workflows/messages.js';

interface Dependencies {
  readonly client: Client;
  readonly store: Pick<MetadataStore, 'loadConnection' | 'setTripped'>;
}

/**
 * A schedule whose runs fail again and again pauses itself, with the reason where people look: in the API and beside the
 * Schedule in the Temporal Web UI. A run that succeeds, or `resume`, lets it go on.
 */
export function createBreaker({ client, store }: Dependencies): Pick<Activities, 'tripBreaker' | 'closeBreaker'> {
  return {
    tripBreaker: async ({ connectionId, failures, cause }) => {
      const { schedule, pauseAfterFailures } = await store.loadConnection(connectionId);
      if (schedule.type === 'manual' || pauseAfterFailures === 0 || failures < pauseAfterFailures) return null;
      const runs = failures === 1 ? 'a failed run' : `${failures} failed runs in a row`;
      const reason = `paused itself after ${runs}: ${cause.code}: ${cause.message}`;
      await store.setTripped(connectionId, reason);
      await onSchedule(client, connectionId, (handle) => handle.pause(pauseNote(reason)));
      return reason;
    },
    closeBreaker: async ({ connectionId }) => {
      await onSchedule(client, connectionId, (handle) => handle.unpause('a run succeeded'));
      await store.setTripped(connectionId, null);
    },
  };
}

async function onSchedule(client: Client, connectionId: string, act: (handle: ScheduleHandle) => Promise<void>): Promise<void> {
  await act(client.schedule.getHandle(scheduleId(connectionId))).catch((error: unknown) => {
    if (!(error instanceof ScheduleNotFoundError)) throw error; // made manual meanwhile
  });
}
