import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from './faults.js';

const RUN_MS = 240_000;
const ATTEMPTS = 6;

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

/** A request is answered with a run that has not begun, so it sees every change there was before. */
async function succeed({ api, requests }: Scene, connectionId: string): Promise<string | undefined> {
  await api.call('POST', `/v1/connections/${connectionId}/resume`);
  let last = 'every request was refused';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1, await sleep(500)) {
    const accepted = await requests.request(connectionId);
    if (!accepted) continue;
    const run = await requests.ended(accepted.id, RUN_MS);
    if (run.status === 'succeeded') return undefined;
    last = `run ${run.number} (${run.id}) is ${run.status} ${run.error ? `${run.error.code}: ${run.error.message}` : ''}`;
    if (!run.endedAt) return `${connectionId} hangs: ${last} after ${RUN_MS} ms`;
  }
  return `${connectionId} does not come to rest: ${last}`;
}
