import { expect } from 'vitest';
import type { Difference, Verification } from '../../../schema/verification.js';
import type { FinishedRun, Millrace } from '../../support/millrace.js';

export const NOTHING = { missing: 0, extra: 0, different: 0, changedSince: 0, rejected: 0, repaired: 0 };

/** Comparisons of connections with one stream. */
export class VerifyScene {
  constructor(private readonly millrace: Millrace) {}

  /** A connection whose only stream was loaded once. */
  async loaded(stream: object): Promise<string> {
    const id = await this.millrace.connect([stream]);
    const run = await this.millrace.sync(id);
    expect(run.status, JSON.stringify(run.streams[0]?.error)).toBe('succeeded');
    return id;
  }

  /** What a comparison on demand says. */
  async verify(id: string, body: object = {}): Promise<Verification> {
    const reply = await this.#ask(id, body);
    const [stream] = reply.streams;
    expect(stream.error, JSON.stringify(reply)).toBeNull();
    expect(reply).toMatchObject({ status: 'succeeded', matched: stream.result.matched });
    return stream.result as Verification;
  }

  /** Why there was nothing to compare. */
  async refused(id: string, body: object = {}): Promise<unknown> {
    const reply = await this.#ask(id, body);
    expect(reply, JSON.stringify(reply)).toMatchObject({ status: 'failed', matched: null });
    return reply.streams[0].error;
  }

  async #ask(id: string, body: object) {
    const reply = await this.millrace.call('POST', `/v1/connections/${id}/verify?wait=60s`, body);
    expect(reply.status, JSON.stringify(reply.body)).toBe(202);
    return reply.body;
  }
}

/** What the comparison at the end of a run has found of its only stream. */
export const verificationOf = (run: FinishedRun): Verification =>
  (run.streams[0] as unknown as { verification: Verification }).verification;

export const inOrder = ({ sample }: Verification): readonly Difference[] =>
  sample.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
