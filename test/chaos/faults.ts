/**
 * What each fault does. A function is back when its fault is over and what it broke works again.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './client.js';
import type { Fault, FaultKind, Harm } from './plan.js';
import type { Requests } from './requests.js';
import type { ChaosStack } from './stack.js';
import { query } from './verify.js';

export interface Scene {
  readonly stack: ChaosStack;
  readonly api: ApiClient;
  readonly requests: Requests;
  readonly connectionIds: readonly string[];
}

type Of<K extends FaultKind> = Extract<Harm, { readonly kind: K }>;
type Inject<K extends FaultKind> = (scene: Scene, fault: Of<K>) => Promise<unknown>;

const INJECT: { readonly [K in FaultKind]: Inject<K> } = {
  kill_worker: ({ stack }, { worker, downMs }) => stack.workers[worker]!.end('SIGKILL', downMs),
  drain_worker: ({ stack }, { worker, downMs }) => stack.workers[worker]!.end('SIGTERM', downMs),
  freeze_worker: ({ stack }, { worker, forMs }) => stack.workers[worker]!.freeze(forMs),
  kill_api: ({ stack }, { downMs }) => stack.api.end('SIGKILL', downMs),
  kill_temporal: ({ stack }, { downMs }) => stack.killTemporal(downMs),
  end_sessions: ({ stack }, { database }) => endSessions(stack.url(database)),
  cut: ({ stack }, { link, forMs }) => stack.links[link].cut(forMs),
  delay: slowDown,
  disk_full: fillDisk,
  same_key: requestWithOneKey,
  many_requests: requestMany,
  pause: pauseForAWhile,
  cancel: cancelRun,
};

/** Two faults never hit the same victim at once: the second one waits. */
const VICTIM: { readonly [K in FaultKind]: (fault: Of<K>) => string } = {
  kill_worker: ({ worker }) => `worker ${worker}`,
  drain_worker: ({ worker }) => `worker ${worker}`,
  freeze_worker: ({ worker }) => `worker ${worker}`,
  kill_api: () => 'api',
  kill_temporal: () => 'temporal',
  end_sessions: ({ database }) => `sessions of ${database}`,
  cut: ({ link }) => `cut ${link}`,
  delay: ({ link }) => `delay ${link}`,
  disk_full: () => 'disk',
  same_key: ({ connection }) => `key of ${connection}`,
  many_requests: ({ connection }) => `requests of ${connection}`,
  pause: ({ connection }) => `pause of ${connection}`,
  cancel: ({ connection }) => `cancel of ${connection}`,
};

export function injectFault(scene: Scene, fault: Fault): Promise<unknown> {
  return (INJECT[fault.kind] as Inject<FaultKind>)(scene, fault as never);
}

export function victimOf(fault: Fault): string {
  return (VICTIM[fault.kind] as (fault: Harm) => string)(fault);
}

/** Why a fault cannot be had on this machine. */
export function impossible({ stack }: Scene, { kind }: Fault): string | undefined {
  return kind === 'disk_full' && !stack.disk ? 'this user may not mount a small file system' : undefined;
}

/** As an administrator would; the writers of the source lose their sessions, too. */
async function endSessions(url: string): Promise<void> {
  await query(
    url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
}

async function slowDown({ stack }: Scene, { link, byMs, forMs }: Of<'delay'>): Promise<void> {
  stack.links[link].delay(byMs);
  await sleep(forMs);
  stack.links[link].delay(0);
}

async function fillDisk({ stack }: Scene, { forMs }: Of<'disk_full'>): Promise<void> {
  stack.disk?.fill();
  await sleep(forMs);
  stack.disk?.free();
}

/** Many times at once, and once more when the answers are there. */
async function requestWithOneKey({ requests, connectionIds }: Scene, { connection, times }: Of<'same_key'>): Promise<void> {
  const key = requests.newKey();
  const request = () => requests.request(connectionIds[connection]!, key);
  await Promise.all(Array.from({ length: times }, request));
  await request();
}

async function requestMany({ requests, connectionIds }: Scene, { connection, times }: Of<'many_requests'>): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => requests.request(connectionIds[connection]!)));
}

async function pauseForAWhile({ api, connectionIds }: Scene, { connection, forMs }: Of<'pause'>): Promise<void> {
  const path = `/v1/connections/${connectionIds[connection]}`;
  await api.call('POST', `${path}/pause`, { body: { note: 'chaos' } });
  await sleep(forMs);
  await api.call('POST', `${path}/resume`);
}

/** A run of this very moment, which is somewhere between its beginning and its end by then. */
async function cancelRun({ api, requests, connectionIds }: Scene, { connection, afterMs }: Of<'cancel'>): Promise<void> {
  const id = connectionIds[connection]!;
  await requests.request(id);
  await sleep(afterMs);
  await api.call('POST', `/v1/connections/${id}/cancel`);
}
