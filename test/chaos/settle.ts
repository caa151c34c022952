import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from './faults.js';
import type { Run } from './requests.js';

const RUN_MS = 240_000;
const ATTEMPTS = 8;
const AGAIN_MS = 300;
const WANTED_SUCCESSES = 2;

/**
 * After the last fault and the last change: everything is up, nothing is paused, and every connection has a run that began
 * after the last change and succeeded. @returns what did not come to rest, for people
 */
export async function settle(scene: Scene): Promise<string[]> {
  const { stack, connectionIds } = scene;
  await Promise.all([stack.api, ...stack.workers].map((service) => service.ready()));
  const complaints = await Promise.all(connectionIds.map((id) => succeed(scene, id).catch(String)));
  return complaints.flatMap((complaint) => complaint ?? []);
}

/**
 * A request is answered with a run that has not begun, so it sees every change there was before. Twice in a row, because a run
 * that completes an interrupted first read ends at the bound which that read began with; the next one takes the rest.
 */
async function succeed({ api, requests }: Scene, connectionId: string): Promise<string | undefined> {
  await api.call('POST', `/v1/connections/${connectionId}/resume`);
  let [successes, last] = [0, 'every request was refused'];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1, await sleep(AGAIN_MS)) {
    const accepted = await requests.request(connectionId);
    if (!accepted) continue;
    const run = await requests.ended(accepted.id, RUN_MS);
    last = describeRun(run);
    if (!run.endedAt) return `${connectionId} hangs: ${last} after ${RUN_MS} ms`;
    successes = run.status === 'succeeded' ? successes + 1 : 0;
    if (successes === WANTED_SUCCESSES) return undefined;
  }
  return `${connectionId} does not come to rest: ${last}`;
}

const describeRun = ({ number, id, status, error }: Run): string =>
  `run ${number} (${id}) is ${status} ${error ? `${error.code}: ${error.message}` : ''}`.trim();
