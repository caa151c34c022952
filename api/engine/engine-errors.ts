import {
  ActivityFailure,
  ApplicationFailure,
  TimeoutFailure,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from '@temporalio/client';
import { CATALOGUE, type ErrorCode } from '../../platform/errors/catalogue.js';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';

const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_FAILED_PRECONDITION = 9;
const GRPC_UNAVAILABLE = 14;

/**
 * What a failed Temporal call means for the client. `reachable` tells apart the two reasons for no answer: no server, or
 * no worker behind it.
 */
export async function engineError(error: unknown, reachable: () => Promise<boolean>): Promise<MillraceError> {
  if (isMillraceError(error)) return error;
  const refused = catalogueFailure(error);
  if (refused) return refused;
  if (isTimeout(error)) return (await reachable()) ? noWorker(error) : unavailable(error);
  if (noPollers(error)) return noWorker(error);
  if (grpcCode(error) !== undefined) return unavailable(error);
  return new MillraceError('engine.internal', { detail: 'The engine failed in an unexpected way.', cause: error });
}

/** Workflows and activities refuse with an ApplicationFailure whose type is one of our codes. */
export function catalogueFailure(error: unknown): MillraceError | undefined {
  if (error instanceof ApplicationFailure && isCode(error.type)) {
    const facts = (error.details?.[0] ?? {}) as { readonly suggestion?: string; readonly path?: string };
    return new MillraceError(error.type, {
      detail: error.message,
      ...(typeof facts.suggestion === 'string' ? { suggestion: facts.suggestion } : {}),
      ...(typeof facts.path === 'string' ? { path: facts.path } : {}),
      cause: error,
    });
  }
  if (error instanceof TimeoutFailure)
    return new MillraceError('engine.timeout', { detail: 'The work took longer than allowed.', cause: error });
  const wraps =
    error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError || error instanceof ActivityFailure;
  return wraps ? catalogueFailure(error.cause) : undefined;
}

export function noWorker(cause?: unknown): MillraceError {
  return new MillraceError('engine.no_worker', {
    detail: 'No worker answered in time. The outcome is unknown: the request may still be carried out.',
    cause,
  });
}

function unavailable(cause: unknown): MillraceError {
  const answered = grpcCode(cause) !== undefined && ![GRPC_UNAVAILABLE, GRPC_DEADLINE_EXCEEDED].includes(grpcCode(cause) ?? 0);
  const detail = answered ? `The Temporal server refused: ${messageOf(cause)}` : 'The Temporal server does not answer.';
  return new MillraceError('engine.unavailable', { detail, cause });
}

function isTimeout(error: unknown): boolean {
  return error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error);
}

/** Newer servers do not let a query wait for a worker that has not been seen for a while. */
function noPollers(error: unknown): boolean {
  return grpcCode(error) === GRPC_FAILED_PRECONDITION && /no poller/i.test(messageOf(error));
}

/** Of the error itself or of the one it wraps. */
export function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return isGrpcServiceError(error)
    ? error.details
    : `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`.trim();
}

function isCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(CATALOGUE, type);
}
