import { type Client, WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ScheduledSyncInput } from '../activities/contract.js';
import type { MetadataStore } from '../platform/db/store.js';
import {
  CONNECTION_WORKFLOW,
  type ConnectionInput,
  type TickAnswer,
  connectionWorkflowId,
  requestSync,
} from '../workflows/messages.js';

interface Dependencies {
  readonly client: Client;
  readonly store: Pick<MetadataStore, 'lastNumber'>;
  readonly taskQueue: string;
}

/** Starts the connection's workflow when a tick finds none. @returns the refusal, or null when a run will answer */
export function createRequestScheduledSync({ client, store, taskQueue }: Dependencies) {
  return async ({ workspaceId, connectionId, request }: ScheduledSyncInput): Promise<TickAnswer | null> => {
    const input: ConnectionInput = { workspaceId, connectionId, lastNumber: await store.lastNumber(connectionId) };
    const startWorkflowOperation = new WithStartWorkflowOperation(CONNECTION_WORKFLOW, {
      workflowId: connectionWorkflowId(connectionId),
      taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `Connection ${request.labels.connection}`,
    });
    try {
      await client.workflow.executeUpdateWithStart(requestSync, {
        startWorkflowOperation,
        args: [request],
        updateId: request.replyTo ?? '',
      });
      return null;
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
        return { outcome: 'refused', reason: error.cause.message };
      throw error;
    }
  };
}
