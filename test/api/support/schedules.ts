import { Client, Connection, type ScheduleDescription, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { servers } from '../../support/servers.js';

/** Schedules as somebody sees them who works with Temporal directly. */
export interface TemporalSchedules extends AsyncDisposable {
  readonly client: Client;
  handle(connectionId: string): ScheduleHandle;
  describe(connectionId: string): Promise<ScheduleDescription>;
  exists(connectionId: string): Promise<boolean>;
}

export async function openSchedules(address = servers().temporalAddress): Promise<TemporalSchedules> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  const handle = (id: string): ScheduleHandle => client.schedule.getHandle(`connection/${id}`);
  return {
    client,
    handle,
    describe: (id) => handle(id).describe(),
    exists: async (id) => {
      try {
        await handle(id).describe();
        return true;
      } catch (error) {
        if (error instanceof ScheduleNotFoundError) return false;
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
