import { QueryRejectedError, WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import {
  CONNECTION_WORKFLOW,
  cancelSync,
  connectionWorkflowId,
  pause,
  ready,
  refreshStream,
  requestSync,
  resetStream,
  resume,
  setState,
  state,
  type ConnectionInput,
  type ConnectionView,
  type FeedRequest,
  type SetStateRequest,
  type StateChange,
  type SyncAccepted,
  type SyncRequest,
} from '../../workflows/messages.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { UpdateDefinition, Workflow } from '@temporalio/common';
import type { ConnectionRefs, SearchAttributes } from './search-attributes.js';
import type { TemporalLink } from './temporal-link.js';

/** A connection as the engine needs to know it. */
export interface EngineConnection extends ConnectionRefs {
  /** Number of its newest run that is known; a workflow that has to start anew goes on from there. */
  readonly lastNumber: number;
}

/** A workflow waits for a worker that went away (`STICKY_TIMEOUT`) before another one takes it. */
const ACCEPT_MS = 8_000;

/**
 * Talks to the `connection` workflow, which it starts when there is none. Every change is an update: it is answered, or
 * refused with a code, before anything happens.
 */
export class ConnectionEngine {
  constructor(
    private readonly link: TemporalLink,
    private readonly attributes: SearchAttributes,
  ) {}

  /** The same `updateId` gives the same run, however often it is sent. */
  async requestSync(connection: EngineConnection, request: SyncRequest, updateId: string): Promise<SyncAccepted> {
    return this.update(connection, requestSync, [request], updateId);
  }

  async pause(connection: EngineConnection, note: string): Promise<void> {
    await this.update(connection, pause, [{ note }]);
  }

  async resume(connection: EngineConnection): Promise<void> {
    await this.update(connection, resume, []);
  }

  async resetStream(connection: EngineConnection, request: FeedRequest): Promise<StateChange> {
    return this.update(connection, resetStream, [request]);
  }

  async refreshStream(connection: EngineConnection, request: FeedRequest): Promise<StateChange> {
    return this.update(connection, refreshStream, [request]);
  }

  async setState(connection: EngineConnection, request: SetStateRequest): Promise<StateChange> {
    return this.update(connection, setState, [request]);
  }

  /**
   * Starts the workflow when there is none; it then finds out by itself where its feeds stand. One that is there answers when it has
   * the result of this run.
   */
  async wake(connection: EngineConnection, endedRunId?: string): Promise<ConnectionView> {
    return this.update(connection, ready, endedRunId === undefined ? [] : [endedRunId]);
  }

  /** The named run, or the active one. @throws MillraceError `run.not_active` */
  async cancel(connectionId: string, reason: string, runId?: string): Promise<string> {
    const request = { reason, ...(runId === undefined ? {} : { runId }) };
    const answer = await this.existing(connectionId, (handle) => handle.executeUpdate(cancelSync, { args: [request] }));
    if (!answer) throw new MillraceError('run.not_active', { detail: `Connection ${connectionId} has no run.` });
    return answer.runId;
  }

  /** Undefined when the connection has no workflow: it never ran, or Temporal has lost it. */
  async view(connectionId: string): Promise<ConnectionView | undefined> {
    return this.existing(connectionId, (handle) => handle.query(state));
  }

  /** Ends the workflow of a deleted connection; its run is cancelled with it. */
  async remove(connectionId: string): Promise<void> {
    await this.existing(connectionId, async (handle) => {
      await handle.terminate('connection deleted');
    });
  }

  private async update<Ret, Args extends unknown[]>(
    connection: EngineConnection,
    definition: UpdateDefinition<Ret, Args>,
    args: Args,
    updateId?: string,
  ): Promise<Ret> {
    const typedSearchAttributes = await this.attributes.of(connection);
    const input: ConnectionInput = {
      workspaceId: connection.workspaceId,
      connectionId: connection.connectionId,
      lastNumber: connection.lastNumber,
    };
    return this.link.call(ACCEPT_MS, (client) =>
      client.workflow.executeUpdateWithStart<Workflow, Ret, Args>(definition, {
        args,
        ...(updateId === undefined ? {} : { updateId }),
        startWorkflowOperation: new WithStartWorkflowOperation<Workflow>(CONNECTION_WORKFLOW, {
          workflowId: connectionWorkflowId(connection.connectionId),
          taskQueue: this.link.taskQueue,
          args: [input],
          workflowIdConflictPolicy: 'USE_EXISTING',
          staticSummary: `Connection ${connection.labels.connection}`,
          typedSearchAttributes,
        }),
      }),
    );
  }

  /** Undefined when the connection has no workflow yet, or no more. */
  private async existing<T>(
    connectionId: string,
    run: (handle: ReturnType<Client['workflow']['getHandle']>) => Promise<T>,
  ): Promise<T | undefined> {
    return this.link.call(ACCEPT_MS, async (client) => {
      try {
        return await run(client.workflow.getHandle(connectionWorkflowId(connectionId)));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) return undefined;
        throw error;
      }
    });
  }
}
