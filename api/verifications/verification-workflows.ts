import { WorkflowNotFoundError } from '@temporalio/client';
import type { VerificationRow } from '../../platform/db/rows.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { VERIFY_WORKFLOW, type VerifyRequest, verifyWorkflowId } from '../../workflows/messages.js';
import type { TemporalLink } from '../engine/temporal-link.js';

const CALL_MS = 5_000;

/** The workflows behind comparisons on demand. */
export class VerificationWorkflows {
  constructor(private readonly link: TemporalLink) {}

  async start(request: VerifyRequest, connectionName: string): Promise<void> {
    const what = request.scope === 'run' ? `run ${request.run?.number}` : 'whole tables';
    await this.link.call(CALL_MS, (client) =>
      client.workflow.start(VERIFY_WORKFLOW, {
        workflowId: verifyWorkflowId(request.connectionId, request.verificationId),
        taskQueue: this.link.taskQueue,
        args: [request],
        staticSummary: `Verify ${connectionName} by ${request.method}, ${what}`,
      }),
    );
  }

  /** Whether nobody works on it any more: ended by hand, or lost with Temporal's database. */
  async hasEnded({ workflow_id: workflowId }: VerificationRow): Promise<boolean> {
    try {
      return await this.link.call(CALL_MS, async (client) => {
        const found = await client.workflow.getHandle(workflowId).describe().catch(orUndefined);
        return found?.status.name !== 'RUNNING';
      });
    } catch (error) {
      if (isMillraceError(error)) return false; // who cannot be asked has not said that it has ended
      throw error;
    }
  }
}

function orUndefined(error: unknown): undefined {
  if (error instanceof WorkflowNotFoundError) return undefined;
  throw error;
}
