import { proxyActivities } from '@temporalio/workflow';
import type { Activities, StageRef } from '../activities/contract.js';
import type { CheckResult } from '../connectors/sdk/types.js';
import type { Catalog } from '../schema/types.js';
import type { PlanInput, PreviewInput, ProbeInput } from './messages.js';
import { POLICIES } from './policies.js';

/** Proves that a source or destination can be used. Short, so that the API runs no connector code. */
export async function check(input: ProbeInput): Promise<CheckResult> {
  return proxyActivities<Activities>(POLICIES.check).check(input);
}

/** Lists the streams of a source. */
export async function discover(input: ProbeInput): Promise<Catalog> {
  return proxyActivities<Activities>(POLICIES.discover).discover(input);
}

/** Rows of a source to look at: where they stand in the stage. */
export async function preview(input: PreviewInput): Promise<StageRef> {
  return proxyActivities<Activities>(POLICIES.preview).preview(input);
}

/** What a run would do, without doing it: where it stands in the stage. */
export async function plan(input: PlanInput): Promise<StageRef> {
  return proxyActivities<Activities>(POLICIES.preview).planRun(input);
}
