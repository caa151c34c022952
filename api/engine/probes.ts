import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { CheckResult } from '../../connectors/sdk/types.js';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import type { Catalog } from '../../schema/types.js';
import {
  CHECK_WORKFLOW,
  DISCOVER_WORKFLOW,
  PLAN_WORKFLOW,
  PREVIEW_WORKFLOW,
  type PlanInput,
  type PreviewInput,
  type ProbeInput,
  type StageRef,
} from '../../workflows/messages.js';
import { noWorker } from './engine-errors.js';
import type { TemporalLink } from './temporal-link.js';

const PICK_UP_MS = 5_000;
const RESULT_MS = 60_000;
/** Started and the first task scheduled: no worker has looked at the workflow yet. */
const UNTOUCHED_HISTORY = 2;

type Handle = ReturnType<Client['workflow']['getHandle']>;

interface ShortWorkflow {
  readonly workflowType: string;
  readonly resourceId: string;
}

/** Asks a worker to try a connector: the API itself runs no connector code. */
export class Probes {
  constructor(
    private readonly link: TemporalLink,
    private readonly limits = { pickUpMs: PICK_UP_MS, resultMs: RESULT_MS },
  ) {}

  async check(input: ProbeInput, name: string): Promise<CheckResult> {
    const of = { workflowType: CHECK_WORKFLOW, resourceId: input.resourceId };
    return (await this.run(of, input, `Check ${input.kind} ${name}`)) as CheckResult;
  }

  async discover(input: ProbeInput, name: string): Promise<Catalog> {
    const of = { workflowType: DISCOVER_WORKFLOW, resourceId: input.resourceId };
    return (await this.run(of, input, `Discover ${input.kind} ${name}`)) as Catalog;
  }

  /** Where the rows stand in the stage. */
  async preview(input: PreviewInput, name: string): Promise<StageRef> {
    const of = { workflowType: PREVIEW_WORKFLOW, resourceId: input.sourceId };
    return (await this.run(of, input, `Preview ${name}`)) as StageRef;
  }

  /** Where what a run would do stands in the stage. */
  async plan(input: PlanInput, name: string): Promise<StageRef> {
    const of = { workflowType: PLAN_WORKFLOW, resourceId: input.connectionId };
    return (await this.run(of, input, `Plan ${name}`)) as StageRef;
  }

  private async run({ workflowType, resourceId }: ShortWorkflow, input: unknown, staticSummary: string): Promise<unknown> {
    const handle = await this.link.call(PICK_UP_MS, (client) =>
      client.workflow.start(workflowType, {
        workflowId: `${workflowType}/${resourceId}/${randomUUID()}`,
        taskQueue: this.link.taskQueue,
        args: [input],
        staticSummary,
        workflowExecutionTimeout: '2m',
      }),
    );
    return this.result(handle);
  }

  /** In two waits, so that a missing worker is told after seconds instead of a minute. */
  private async result(handle: Handle): Promise<unknown> {
    try {
      return await this.link.call(this.limits.pickUpMs, () => handle.result());
    } catch (error) {
      if (!isMillraceError(error, 'engine.no_worker')) throw error;
    }
    if (!(await this.pickedUp(handle))) {
      await this.link.call(PICK_UP_MS, () => handle.terminate('no worker took it in time'));
      throw noWorker();
    }
    return this.finalResult(handle);
  }

  private async finalResult(handle: Handle): Promise<unknown> {
    try {
      return await this.link.call(this.limits.resultMs - this.limits.pickUpMs, () => handle.result());
    } catch (error) {
      if (!isMillraceError(error, 'engine.no_worker')) throw error;
      await this.link.call(PICK_UP_MS, () => handle.cancel());
      throw new MillraceError('engine.timeout', { detail: 'The other system gave no answer in time.', cause: error });
    }
  }

  private async pickedUp(handle: Handle): Promise<boolean> {
    const { historyLength } = await this.link.call(PICK_UP_MS, () => handle.describe());
    return historyLength > UNTOUCHED_HISTORY;
  }
}
