import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  getExternalWorkflowHandle,
  proxyActivities,
  startChild,
  upsertMemo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import type { RunError } from '../platform/db/store.js';
import { runIntroduction } from './connection-details.js';
import type { QueuedRun } from './connection-state.js';
import { runError } from './failures.js';
import {
  type ConnectionInput,
  type FeedState,
  type RunPurpose,
  type RunStatus,
  type TickAnswer,
  answered,
  syncWorkflowId,
} from './messages.js';
import { POLICIES } from './policies.js';
import { CONNECTION, DESTINATION, SOURCE, TRIGGER, WORKSPACE } from './search-attributes.js';
import { summary } from './steps-text.js';
import { sync } from './sync.js';
import type { SyncInput, SyncResult } from './sync-types.js';

const { finish } = proxyActivities<Activities>(POLICIES.finish);

/** A run that is about to begin. */
export interface StartingRun {
  readonly connection: ConnectionInput;
  readonly queued: QueuedRun;
  readonly epoch: number;
  readonly feeds: Readonly<Record<string, FeedState>>;
  /** The run before stopped at one of its limits. */
  readonly unfinished: boolean;
}

/** Ends a run that is about to begin or under way. */
export class RunCancellation {
  readonly #scope = new CancellationScope();
  #workflowId: string | undefined;
  /** It has told its last checkpoint, and writes its outcome down by itself. */
  ended = false;

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  /** From now on the run may have continued as new, which a cancelled scope would not follow: it is cancelled by name. */
  started(workflowId: string): void {
    this.#workflowId = workflowId;
  }

  async cancel(): Promise<void> {
    if (this.#workflowId === undefined) return this.#scope.cancel();
    await getExternalWorkflowHandle(this.#workflowId)
      .cancel()
      .catch(() => undefined); // it has just ended
  }
}

/**
 * Runs `sync` as a child, so that its every end is known here. One that ended without its own finish (terminated, timed out,
 * cancelled before it began) is recorded all the same.
 */
export async function executeRun(run: StartingRun, cancellation: RunCancellation): Promise<SyncResult> {
  try {
    const child = await cancellation.run(() => startSync(run));
    cancellation.started(child.workflowId);
    showRun(run.queued.number, 'running');
    return await child.result();
  } catch (error) {
    const told = resultOf(error);
    if (told) return told;
    const cause = runError(error);
    const status = cause.code === 'run.cancelled' ? 'cancelled' : 'failed';
    if (status === 'cancelled' && cancellation.ended) return ended(run, status, cause);
    return CancellationScope.nonCancellable(() => recordOutcome(run, status, cause));
  }
}

/** Beside the connection in lists of the Temporal Web UI; and a command, which matters more: see `connection`. */
export function showRun(number: number, status: RunStatus): void {
  upsertMemo({ lastRun: `#${number} ${status}` });
}

/** What a run that failed in order has told with its failure. */
function resultOf(error: unknown): SyncResult | undefined {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure ? (cause.details?.[0] as SyncResult | undefined) : undefined;
}

const ended = ({ epoch }: StartingRun, status: RunStatus, error: RunError): SyncResult => ({
  ...{ status, epoch, error, rows: 0, unfinished: false },
  feeds: {}, // they came with its last checkpoint
});

function startSync({ connection, queued, epoch, feeds, unfinished }: StartingRun): Promise<ChildWorkflowHandle<typeof sync>> {
  const { workspaceId, connectionId, maxHistoryEvents } = connection;
  const { runId, number, request } = queued;
  const { trigger, labels, streams, refresh } = request;
  const purpose = purposeOf(queued);
  const input: SyncInput = {
    workspaceId,
    connectionId,
    runId,
    number,
    epoch,
    trigger,
    labels,
    feeds,
    ...(streams ? { streams } : {}),
    ...(refresh ? { refresh } : {}),
    ...(purpose ? { purpose } : {}),
    ...(unfinished ? { unfinished } : {}),
    ...(maxHistoryEvents === undefined ? {} : { maxHistoryEvents }),
  };
  return startChild(sync, {
    workflowId: syncWorkflowId(connectionId, number),
    args: [input],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    staticSummary: summary(`Sync #${number} ${labels.source} → ${labels.destination}, ${trigger}`),
    staticDetails: runIntroduction(connectionId, queued),
    typedSearchAttributes: [
      { key: WORKSPACE, value: workspaceId },
      { key: CONNECTION, value: connectionId },
      { key: SOURCE, value: labels.source },
      { key: DESTINATION, value: labels.destination },
      { key: TRIGGER, value: trigger },
    ],
    priority: { priorityKey: PRIORITY[trigger], fairnessKey: workspaceId },
  });
}

/** People wait for the first two; lower comes first. */
const PRIORITY = { manual: 2, api: 2, schedule: 3, backfill: 5 } as const;

/** A backfill's slices stand under a name of their own in the ledger, which another run takes up when it retries this one. */
function purposeOf({ number, request }: QueuedRun): RunPurpose | undefined {
  const { purpose } = request;
  return purpose?.kind === 'backfill' ? { track: `backfill/${number}`, ...purpose } : purpose;
}

/** Writes where people look how a run ended that could not do so itself. The connection goes on even when that fails for good. */
export async function recordOutcome(starting: StartingRun, status: RunStatus, error: RunError): Promise<SyncResult> {
  const { connection, queued, epoch } = starting;
  const { workspaceId, connectionId } = connection;
  const { runId, number, request } = queued;
  const workflowId = syncWorkflowId(connectionId, number);
  const run = { workspaceId, connectionId, runId, number, epoch, workflowId, trigger: request.trigger };
  await finish({ run, status, startedAt: new Date().toISOString(), error, streams: [], pending: {}, clean: false }).catch(
    () => undefined,
  );
  return ended(starting, status, error);
}

/** A tick that has given up waiting is no concern of ours. */
export async function tell(workflowId: string, answer: TickAnswer): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(answered, answer)
    .catch(() => undefined);
}
