/**
 * What is asked of the connections, and what became of it: no request that was accepted may get lost (I10).
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from './client.js';
import { seededRandom } from './random.js';

export interface Run {
  readonly id: string;
  readonly number: number;
  readonly connectionId: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface Page {
  readonly data: readonly Run[];
  readonly page: { readonly next: string | null; readonly hasMore: boolean };
}

const PAGE = 200;

export class Requests {
  /** Runs that were promised to somebody. */
  readonly accepted = new Set<string>();
  /** The runs that each Idempotency-Key was answered with; more than one is one too many. */
  readonly #byKey = new Map<string, Set<string>>();
  #keys = 0;

  constructor(private readonly api: ApiClient) {}

  /** @returns the run, or undefined when the connection refused: it is paused, or has enough waiting */
  async request(connectionId: string, idempotencyKey = this.newKey()): Promise<Run | undefined> {
    const { status, body } = await this.api.call<Run>('POST', `/v1/connections/${connectionId}/syncs`, {
      idempotencyKey,
      body: {},
    });
    if (status === 409) return undefined;
    if (status !== 202) throw new Error(`a request for a run was answered with ${status} ${JSON.stringify(body)}`);
    this.accepted.add(body.id);
    this.#byKey.set(idempotencyKey, (this.#byKey.get(idempotencyKey) ?? new Set()).add(body.id));
    return body;
  }

  newKey(): string {
    this.#keys += 1;
    return `chaos-${this.#keys}`;
  }

  /** Waits until the run has ended, or until the time is over. */
  async ended(runId: string, timeoutMs: number): Promise<Run> {
    for (const end = Date.now() + timeoutMs; ; await sleep(100)) {
      const { body } = await this.api.call<Run>('GET', `/v1/runs/${runId}?wait=5s`);
      if (body.endedAt || Date.now() > end) return body;
    }
  }

  /** Every run there ever was, oldest first. */
  async runs(connectionId: string): Promise<Run[]> {
    const runs: Run[] = [];
    for (let after = ''; ;) {
      const { body } = await this.api.call<Page>('GET', `/v1/runs?connectionId=${connectionId}&limit=${PAGE}${after}`);
      runs.push(...body.data);
      if (!body.page.hasMore) return runs.toReversed();
      after = `&after=${body.page.next}`;
    }
  }

  doubledKeys(): number {
    return [...this.#byKey.values()].filter((runs) => runs.size > 1).length;
  }
}

export interface Triggers {
  stop(): Promise<void>;
}

/** A run that ends early is not waited for longer than this before the next one is asked for. */
const ENOUGH_MS = 15_000;

/** Asks every connection for one run after the other, as a busy schedule would. */
export function startTriggers(requests: Requests, connectionIds: readonly string[], seed: number): Triggers {
  const stopping = new AbortController();
  const loops = connectionIds.map(async (id, index) => {
    const random = seededRandom(seed - index);
    while (!stopping.signal.aborted) {
      const run = await requests.request(id);
      if (run) await requests.ended(run.id, ENOUGH_MS);
      await sleep(random.between(100, 1_500));
    }
  });
  const all = Promise.all(loops);
  all.catch(() => undefined); // whoever stops them sees it
  return {
    stop: async () => {
      stopping.abort();
      await all;
    },
  };
}
