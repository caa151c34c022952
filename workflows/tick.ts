/**
 * What a Schedule starts: asks the connection for a run and waits for its end, so that the Schedule's overlap policy,
 * catch-up, backfill and list of recent actions mean what they say.
 * @module
 */
import {
  condition,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { tickDetails } from './connection-details.js';
import {
  type SyncRequest,
  type TickAnswer,
  type TickInput,
  answered,
  connectionWorkflowId,
  scheduled,
  syncWorkflowId,
} from './messages.js';
import { failedWith } from './failures.js';
import { POLICIES, TICK_ASKS_EVERY, TICK_MAX_ASKS } from './policies.js';

const { requestScheduledSync } = proxyActivities<Activities>(POLICIES.requestScheduledSync);

export async function tick(input: TickInput): Promise<TickAnswer> {
  let answer: TickAnswer | undefined;
  setHandler(answered, (given) => void (answer = given));
  setCurrentDetails(`**waiting** for the run it has asked \`${connectionWorkflowId(input.connectionId)}\` for`);
  for (let asked = 0; !answer && asked < TICK_MAX_ASKS; asked++) {
    answer = (await ask(input)) ?? answer;
    await condition(() => answer !== undefined, TICK_ASKS_EVERY);
  }
  if (!answer) throw failedWith('engine.timeout', 'no answer within a day');
  setCurrentDetails(tickDetails(answer, (number) => syncWorkflowId(input.connectionId, number)));
  if (answer.outcome === 'ended' && answer.status === 'failed')
    throw failedWith(answer.code ?? 'engine.internal', answer.message ?? 'the run failed');
  return answer;
}

/** A workflow cannot start another by signal: where the connection does not run yet, an activity does it. */
async function ask({ workspaceId, connectionId, labels, overlap }: TickInput): Promise<TickAnswer | null> {
  const replyTo = workflowInfo().workflowId;
  const request: SyncRequest = { trigger: 'schedule', labels, replyTo, ...(overlap === undefined ? {} : { overlap }) };
  try {
    await getExternalWorkflowHandle(connectionWorkflowId(connectionId)).signal(scheduled, request);
    return null;
  } catch {
    return requestScheduledSync({ workspaceId, connectionId, request });
  }
}
