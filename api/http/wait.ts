import { setTimeout as sleep } from 'node:timers/promises';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { durationMs } from '../../schema/connection-config.js';

const LONGEST_WAIT_MS = 600_000;

/** `?wait=30s`: milliseconds, 0 when absent. */
export const waitQueryFields = {
  wait: z
    .string()
    .regex(/^\d{1,9}(ms|s|m)$/, 'a duration such as 30s')
    .transform(durationMs)
    .refine((ms) => ms <= LONGEST_WAIT_MS, 'at most 10m')
    .optional()
    .describe('Answer only when the run has ended, or this time is over: 30s, at most 10m.')
    .meta({ examples: ['30s'] }),
};

export const waitQuerySchema = z.strictObject(waitQueryFields);
export type WaitQuery = z.output<typeof waitQuerySchema>;

/** Fires when the client has gone without its answer, so that nobody waits for it. */
export const ClientGone = createParamDecorator((_data: unknown, context: ExecutionContext): AbortSignal => {
  const controller = new AbortController();
  const { raw } = context.switchToHttp().getResponse<FastifyReply>();
  raw.once('close', () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
});

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** Nobody waits much longer than a fifth more than the run took. */
const PAUSE_GROWTH = 1.2;

export interface Patience {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Reads again and again, ever more slowly, until `done` says so, the time is over or the signal fires. */
export async function readUntil<T>(
  read: () => Promise<T>,
  done: (value: T) => boolean,
  { limitMs, signal }: Patience,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MS)) {
    const value = await read();
    const left = deadline - Date.now();
    if (done(value) || left <= 0 || signal.aborted) return value;
    await sleep(Math.min(pause, left), undefined, { signal }).catch(() => undefined);
  }
}
