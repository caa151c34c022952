import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { waitFor } from '../../support/wait-for.js';
import { servers } from '../../support/servers.js';

export interface TestTemporal extends AsyncDisposable {
  readonly client: Client;
  /** Waits until an attempt of one of the workflow's activities has failed with this code. */
  attemptFailed(workflowId: string, code: string): Promise<void>;
  /** Waits until a worker is at an activity of this type. */
  activityStarted(workflowId: string, type: string): Promise<void>;
  /** Types of the activities that a workflow has asked for, in their order. */
  activitiesOf(workflowId: string): Promise<readonly string[]>;
}

/** @example await using temporal = await openTemporal(); */
export async function openTemporal(): Promise<TestTemporal> {
  const connection = await Connection.connect({ address: servers().temporalAddress });
  const client = new Client({ connection });
  return {
    client,
    attemptFailed: async (workflowId, code) => {
      await waitFor(async () => (await lastFailures(client.workflow.getHandle(workflowId))).includes(code), {
        what: `an activity of ${workflowId} has failed with ${code}`,
        timeoutMs: 30_000,
      });
    },
    activityStarted: async (workflowId, type) => {
      const started = async (): Promise<boolean> => {
        const { raw } = await client.workflow.getHandle(workflowId).describe();
        return (raw.pendingActivities ?? []).some((activity) => activity.activityType?.name === type && activity.lastStartedTime);
      };
      await waitFor(() => started().catch(() => false), { what: `${type} of ${workflowId} has started`, timeoutMs: 30_000 });
    },
    activitiesOf: async (workflowId) => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

async function lastFailures(handle: WorkflowHandle): Promise<readonly string[]> {
  const { raw } = await handle.describe();
  return (raw.pendingActivities ?? []).map(({ lastFailure }) => lastFailure?.applicationFailureInfo?.type ?? '');
}
