import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TerminatedFailure,
  TimeoutFailure,
  isCancellation,
} from '@temporalio/workflow';
import type { RunError } from '../platform/db/store.js';

interface FailureFacts {
  readonly suggestion?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** What a person is told: code, message, suggestion. */
export function runError(error: unknown): RunError {
  if (isCancellation(error))
    return {
      code: 'run.cancelled',
      message: 'The run was cancelled.',
      suggestion: 'Start it again when you like; it goes on where it stopped.',
    };
  const root = rootOf(error);
  if (root instanceof ApplicationFailure) {
    return { code: root.type ?? 'engine.internal', message: root.message, suggestion: factsOf(root).suggestion ?? '' };
  }
  if (root instanceof TerminatedFailure) {
    return {
      code: 'run.terminated',
      message: 'The run was terminated in Temporal.',
      suggestion: 'Start a run: it goes on after the last slice that was loaded.',
    };
  }
  if (root instanceof TimeoutFailure) {
    return {
      code: 'engine.timeout',
      message: 'A step did not answer in time and its retries are used up.',
      suggestion: 'Check that workers run; start the run again.',
    };
  }
  return { ...UNEXPLAINED, message: root instanceof Error ? root.message : String(root) };
}

/** Nobody knows why. */
export const UNEXPLAINED: RunError = {
  code: 'engine.internal',
  message: 'The run failed.',
  suggestion: 'Report it with the run id.',
};

export function failureCode(error: unknown): string | undefined {
  const root = rootOf(error);
  return root instanceof ApplicationFailure ? (root.type ?? undefined) : undefined;
}

export function factsOf(failure: ApplicationFailure): FailureFacts {
  return (failure.details?.[0] ?? {}) as FailureFacts;
}

function rootOf(error: unknown): unknown {
  return (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) && error.cause ? rootOf(error.cause) : error;
}

/** The end of a workflow that failed for a known reason. No stack: nobody is helped by it, and it names folders of the machine. */
export function failedWith(code: string, message: string, ...details: readonly unknown[]): ApplicationFailure {
  const failure = ApplicationFailure.create({ type: code, message, nonRetryable: true, details: [...details] });
  failure.stack = '';
  return failure;
}
