import { type Context as ActivityContext, Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { catalogueEntry } from '../platform/errors/catalogue.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import { maskSecrets } from '../platform/secrets/mask.js';

/** What an activity may use while it runs. */
export interface Shell {
  readonly signal: AbortSignal;
  readonly attempt: number;
  /** Shown in the Web UI with the next heartbeat. */
  progress(facts: Record<string, unknown>): void;
  /** These values are cut out of every message that leaves the activity (I12). */
  hide(secrets: readonly string[]): void;
}

/** Each step says four times within its heartbeat timeout that it lives (workflows/policies.ts). */
const HEARTBEAT_MS = 2_500;

/** Runs an activity's work with heartbeats and cancellation, and turns what it throws into what the workflow understands. */
export async function inShell<T>(work: (shell: Shell) => Promise<T>): Promise<T> {
  const context = Context.current();
  let facts: Record<string, unknown> = {};
  const secrets: string[] = [];
  const beat = setInterval(() => context.heartbeat(facts), HEARTBEAT_MS);
  try {
    return await work({
      signal: context.cancellationSignal,
      attempt: context.info.attempt,
      progress: (next) => void (facts = next),
      hide: (values) => void secrets.push(...values),
    });
  } catch (error) {
    throw outgoing(error, context, secrets);
  } finally {
    clearInterval(beat);
  }
}

function outgoing(error: unknown, context: ActivityContext, secrets: readonly string[]): unknown {
  if (context.cancellationSignal.aborted) return context.cancellationSignal.reason as unknown;
  return failureOf(error, { secrets, attempt: context.info.attempt });
}

interface Outgoing {
  readonly secrets?: readonly string[];
  readonly attempt?: number;
}

/** What nobody foresaw may pass by itself, but not for ever. */
const MAX_UNEXPLAINED_ATTEMPTS = 4;

/** One failure per error: type = code, details = what a person needs. No stack of ours, no cause chain: both may hold data. */
export function failureOf(error: unknown, { secrets = [], attempt = 1 }: Outgoing = {}): ApplicationFailure {
  const known = isMillraceError(error) ? error : new MillraceError('engine.internal', { detail: messageOf(error) });
  const { code, recovery, suggestion, path, stream, facts } = known;
  const failure = ApplicationFailure.create({
    type: code,
    message: maskSecrets(known.message, secrets),
    nonRetryable: code === 'engine.internal' ? attempt >= MAX_UNEXPLAINED_ATTEMPTS : recovery !== 'retry',
    ...(recovery === 'skip' ? { category: ApplicationFailureCategory.BENIGN } : {}),
    details: [{ title: catalogueEntry(code).title, suggestion, recovery, path, stream, facts }],
  });
  failure.stack = '';
  return failure;
}

const messageOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
