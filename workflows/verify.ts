import { CancellationScope, isCancellation, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { Activities, Verified } from '../activities/contract.js';
import { inParallel } from '../platform/collections/in-parallel.js';
import type { RunError } from '../platform/db/store.js';
import { runError } from './failures.js';
import { cell, page } from './markdown.js';
import type { VerifyRequest } from './messages.js';
import { PARALLEL_VERIFICATIONS, POLICIES } from './policies.js';
import { verifyStream } from './steps.js';
import { count } from './steps-text.js';

const { endVerification } = proxyActivities<Activities>(POLICIES.record);

type Outcome = { readonly stream: string } & ({ readonly verified: Verified } | { readonly error: RunError });

/** Compares streams of a connection with their targets because somebody asked. A stream that cannot be compared stops no other. */
export async function verify(request: VerifyRequest): Promise<void> {
  const outcomes: Outcome[] = [];
  let cancelled: unknown;
  try {
    await inParallel(request.streams, PARALLEL_VERIFICATIONS, async (stream) => {
      outcomes.push(await outcomeOf(request, stream));
      setCurrentDetails(details(request, outcomes));
    });
  } catch (error) {
    cancelled = error;
  }
  const errors = Object.fromEntries(outcomes.flatMap((outcome) => ('error' in outcome ? [[outcome.stream, outcome.error]] : [])));
  const { verificationId } = request;
  await CancellationScope.nonCancellable(() => endVerification({ verificationId, cancelled: cancelled !== undefined, errors }));
  if (cancelled !== undefined) throw cancelled as Error;
}

async function outcomeOf(
  { workspaceId, connectionId, verificationId, ...asked }: VerifyRequest,
  stream: string,
): Promise<Outcome> {
  const { method, scope, run } = asked;
  const of = { kind: 'request', verificationId, scope, ...(run ? { run } : {}) } as const;
  try {
    return { stream, verified: await verifyStream({ workspaceId, connectionId, stream, method, of }) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { stream, error: runError(error) };
  }
}

function details({ streams }: VerifyRequest, outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    (outcome) => `| ${cell(outcome.stream)} | ${'error' in outcome ? cell(outcome.error.message) : found(outcome.verified)} |`,
  );
  return page([
    `${outcomes.length} of ${streams.length} streams compared`,
    ['| stream | outcome |', '|---|---|', ...rows].join('\n'),
  ]);
}

function found({ counts }: Verified): string {
  if (!counts) return 'not compared';
  const { missing, extra, different } = counts.differences;
  return counts.matched
    ? `${count(counts.rows.source)} rows match`
    : `${missing} missing, ${extra} extra, ${different} different`;
}
