/**
 * One run of a connection: prepare → feeds in parallel → finish.
 * @module
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type Activities, NO_ROWS, type Prepared, type PreparedFeed, type RunRef } from '../activities/contract.js';
import type { RunError, StreamRecord } from '../platform/db/store.js';
import { runDetails } from './details.js';
import { runError } from './failures.js';
import { type FeedState, type RunStatus, checkpoint, connectionWorkflowId } from './messages.js';
import { inParallel } from './parallel.js';
import { CHECKPOINT_EVERY_MS, PARALLEL_FEEDS, POLICIES } from './policies.js';
import { OUTCOME, ROWS } from './search-attributes.js';
import { stateOf, syncFeed } from './stream.js';
import type { FeedResult, SyncInput, SyncResult } from './sync-types.js';

const { prepare } = proxyActivities<Activities>(POLICIES.prepare);
const { finish } = proxyActivities<Activities>(POLICIES.finish);

type Ready = Extract<Prepared, { outcome: 'ready' }>;

export async function sync(input: SyncInput): Promise<SyncResult> {
  const run = new Run(input);
  try {
    const ready = await prepareRun(run);
    run.begin(ready);
    const results = await inParallel(ready.feeds, PARALLEL_FEEDS, (prepared) => runFeed(run, ready, prepared));
    return await finishRun(run, results, null);
  } catch (error) {
    return await CancellationScope.nonCancellable(() => finishRun(run, [], error));
  }
}

/** A destination that has seen a higher epoch is ahead of our state, which was lost or restored: the run goes on from there. */
async function prepareRun(run: Run): Promise<Ready> {
  for (;;) {
    const { feeds, streams } = run.input;
    const prepared = await prepare({ run: run.ref(), feeds, startedAt: run.startedAt, ...(streams ? { streams } : {}) });
    if (prepared.outcome === 'ready') return prepared;
    run.notes.push(`the destination was ahead: epoch ${prepared.epoch} instead of ${run.epoch}; went on from its ledger`);
    run.epoch = prepared.epoch + 1;
  }
}

async function runFeed(run: Run, ready: Ready, prepared: PreparedFeed): Promise<FeedResult> {
  if (prepared.error) return run.refused(prepared, prepared.error);
  return syncFeed({
    run: run.ref(),
    plan: ready.plan,
    prepared,
    show: (record) => run.show(record),
    checkpoint: (feed, state) => run.checkpoint(feed, state),
  });
}

async function finishRun(run: Run, results: readonly FeedResult[], failure: unknown): Promise<SyncResult> {
  const error = failure === null ? firstError(results) : runError(failure);
  const status = failure === null ? statusOf(results) : isCancellation(failure) ? 'cancelled' : 'failed';
  const streams = results.map((result) => result.record);
  run.phase(status, error);
  upsertSearchAttributes([
    { key: OUTCOME, value: status },
    { key: ROWS, value: run.rows() },
  ]);
  await run.lastCheckpoint(results);
  const clean = status === 'succeeded' || status === 'delayed';
  await CancellationScope.nonCancellable(() =>
    finish({ run: run.ref(), status, startedAt: run.startedAt, error, streams, clean }),
  );
  return {
    status,
    epoch: run.epoch,
    feeds: Object.fromEntries(results.map(({ feed, state }) => [feed, state])),
    rows: run.rows(),
    error,
  };
}

const firstError = (results: readonly FeedResult[]): RunError | null =>
  results.find((result) => result.record.error)?.record.error ?? null;

/** A feed that fails fails only itself: then the run is partial. */
function statusOf(results: readonly FeedResult[]): RunStatus {
  const statuses = new Set(results.map((result) => result.record.status));
  if (statuses.has('cancelled')) return 'cancelled';
  if (statuses.has('failed')) return statuses.size === 1 ? 'failed' : 'partial';
  return statuses.has('delayed') ? 'delayed' : 'succeeded';
}

/** What the run knows while it goes on. */
class Run {
  readonly startedAt = new Date().toISOString();
  readonly notes: string[] = [];
  epoch: number;
  readonly #records = new Map<string, StreamRecord>();
  #pending: Record<string, FeedState> = {};
  #signalled = Date.now();

  constructor(readonly input: SyncInput) {
    this.epoch = input.epoch;
    this.#display('prepare');
  }

  ref(): RunRef {
    const { workspaceId, connectionId, runId, number, trigger } = this.input;
    return { workspaceId, connectionId, runId, number, trigger, epoch: this.epoch, workflowId: workflowInfo().workflowId };
  }

  begin(ready: Ready): void {
    this.notes.push(...ready.notes);
    this.#display('running');
  }

  show(record: StreamRecord): void {
    this.#records.set(record.name, record);
    this.#display('running');
  }

  /** Coalesced: the ledger is the durable record, the signal only keeps the connection's view fresh. */
  checkpoint(feed: string, state: FeedState): void {
    this.#pending[feed] = state;
    if (Date.now() - this.#signalled < CHECKPOINT_EVERY_MS) return;
    const feeds = this.#pending;
    this.#pending = {};
    this.#signalled = Date.now();
    const { connectionId } = this.input;
    getExternalWorkflowHandle(connectionWorkflowId(connectionId))
      .signal(checkpoint, { epoch: this.input.epoch, feeds })
      .catch(() => undefined); // the result brings the same again
  }

  /** Before the outcome shows anywhere, so that whoever sees the run ended finds its cursors in the connection's state. */
  async lastCheckpoint(results: readonly FeedResult[]): Promise<void> {
    const feeds = Object.fromEntries(results.map(({ feed, state }) => [feed, state]));
    const { connectionId, epoch } = this.input;
    const parent = getExternalWorkflowHandle(connectionWorkflowId(connectionId));
    await CancellationScope.nonCancellable(() => parent.signal(checkpoint, { epoch, feeds, ending: true })).catch(
      () => undefined, // the result brings the same again
    );
  }

  refused(prepared: PreparedFeed, error: RunError): FeedResult {
    const { position } = prepared.place;
    const record: StreamRecord = {
      name: prepared.feed,
      step: 'waiting',
      status: 'failed',
      rows: NO_ROWS,
      bytes: 0,
      slices: 0,
      cursor: position,
      error,
      notes: [],
    };
    this.show(record);
    return { feed: prepared.feed, state: this.input.feeds[prepared.feed] ?? stateOf(prepared.place), record };
  }

  rows(): number {
    return [...this.#records.values()].reduce((sum, record) => sum + record.rows.loaded, 0);
  }

  phase(status: RunStatus, error: RunError | null): void {
    this.#display(error ? `${status}: ${error.code} ${error.message} → ${error.suggestion}` : status);
  }

  #display(phase: string): void {
    setCurrentDetails(runDetails({ phase, streams: this.#records.values(), notes: this.notes }));
  }
}
