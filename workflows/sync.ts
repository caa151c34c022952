/**
 * One run of a connection: prepare → feeds in parallel → finish.
 * @module
 */
import {
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { type Activities, NO_ROWS, type PrepareInput, type PreparedFeed, type RunRef } from '../activities/contract.js';
import { inParallel } from '../platform/collections/in-parallel.js';
import type { RunError, StreamRecord } from '../platform/db/store.js';
import { runDetails } from './details.js';
import { UNEXPLAINED, failedWith, runError } from './failures.js';
import { type FeedState, type RunStatus, checkpoint, connectionWorkflowId } from './messages.js';
import { CHECKPOINT_EVERY_MS, MAX_HISTORY_EVENTS, POLICIES } from './policies.js';
import { endedWith, NOTHING_ENDED, stopReason, statusOf } from './run-outcome.js';
import { OUTCOME, ROWS } from './search-attributes.js';
import { summary } from './steps-text.js';
import { stateOf, syncFeed } from './stream.js';
import { type FirstSlices, firstSlicesOf } from './together.js';
import type { EndedStreams, FeedResult, ReadyRun, StopReason, SyncInput, SyncResult } from './sync-types.js';

const { prepare } = proxyActivities<Activities>(POLICIES.prepare);
const { finish } = proxyActivities<Activities>(POLICIES.finish);
const { recordStreams } = proxyActivities<Activities>(POLICIES.record);

/** Ends as the run did, so that Temporal shows it: failed with the cause, cancelled, or completed. */
export async function sync(input: SyncInput): Promise<SyncResult> {
  const result = await performRun(input);
  if (result.status === 'cancelled') throw new CancelledFailure('the run was cancelled');
  if (result.status !== 'failed') return result;
  const { code, message, suggestion } = result.error ?? UNEXPLAINED;
  throw failedWith(code, `${message} → ${suggestion}`, result);
}

async function performRun(input: SyncInput): Promise<SyncResult> {
  const run = new Run(input);
  try {
    const ready = input.carried?.ready ?? (await prepareRun(run));
    run.begin(ready);
    const first = firstSlicesOf({ run: run.ref(), ready, free: () => ready.limits.parallelStreams - run.active() });
    const results = await inParallel(ready.feeds, ready.limits.parallelStreams, (prepared) => runFeed(run, prepared, first));
    if (!results.some(goesOn)) return await finishRun(run, results, null);
    await CancellationScope.nonCancellable(() => handOver(run, results));
    if (cancelledMeanwhile()) return await finishRun(run, run.rest.map(cutShort), new CancelledFailure('cancelled'));
  } catch (error) {
    return await CancellationScope.nonCancellable(() => finishRun(run, [], error));
  }
  return await continueAsNew<typeof sync>(run.carried());
}

/** A destination that has seen a higher epoch is ahead of our state, which was lost or restored: the run goes on from there. */
async function prepareRun(run: Run): Promise<ReadyRun> {
  for (;;) {
    const { feeds, streams, refresh, purpose, unfinished } = run.input;
    const request: PrepareInput = {
      run: run.ref(),
      feeds,
      startedAt: run.startedAt,
      ...(streams ? { streams } : {}),
      ...(refresh ? { refresh } : {}),
      ...(purpose ? { purpose } : {}),
      ...(unfinished ? { unfinished } : {}),
    };
    const prepared = await prepare.executeWithOptions({ ...POLICIES.prepare, summary: run.title('prepare') }, [request]);
    if (prepared.outcome === 'ready') return prepared;
    run.notes.push(`the destination was ahead: epoch ${prepared.epoch} instead of ${run.epoch}; went on from its ledger`);
    run.epoch = prepared.epoch + 1;
  }
}

async function runFeed(run: Run, prepared: PreparedFeed, first: FirstSlices | undefined): Promise<FeedResult> {
  if (prepared.error) return run.notRun(prepared, 'failed', prepared.error);
  const stopped = run.stop();
  if (stopped?.kind === 'limit') return { ...run.notRun(prepared, 'delayed', null, [stopped.note]), stopped };
  if (stopped) return { ...run.notRun(prepared, 'queued', null), stopped };
  const extracted = first && (await first.of(prepared.feed));
  return syncFeed({
    run: run.ref(),
    plan: run.ready.plan,
    prepared,
    ...(extracted ? { extracted } : {}),
    show: (record) => run.show(record),
    checkpoint: (feed, state) => run.checkpoint(feed, state),
    stop: () => run.stop(),
  });
}

/** A cancel would not follow the run into its next history. */
const cancelledMeanwhile = (): boolean => CancellationScope.current().consideredCancelled;

const cutShort = (result: FeedResult): FeedResult => ({ ...result, record: { ...result.record, status: 'cancelled' } });

const goesOn = (result: FeedResult): boolean => result.stopped?.kind === 'history';

/** Before a huge run continues as new: streams that have ended are written down, and cursors told. */
async function handOver(run: Run, results: readonly FeedResult[]): Promise<void> {
  const ended = results.filter((result) => !goesOn(result));
  run.end(ended);
  run.rest = results.filter(goesOn);
  await recordStreams({ run: run.ref(), streams: results.map(({ record }) => record) });
  await run.tell(results, {});
}

async function finishRun(run: Run, results: readonly FeedResult[], failure: unknown): Promise<SyncResult> {
  run.end(results);
  const { ended } = run;
  const error = failure === null ? ended.error : runError(failure);
  const status = failure === null ? statusOf(ended.statuses) : isCancellation(failure) ? 'cancelled' : 'failed';
  run.phase(status, error);
  upsertSearchAttributes([
    { key: OUTCOME, value: status },
    { key: ROWS, value: ended.rows.loaded },
  ]);
  // a cancelled run has no result that would bring it
  if (status === 'cancelled') await run.tell(results, { ending: true }).catch(() => undefined);
  const streams = results.map((result) => result.record);
  const clean = status === 'succeeded' || status === 'delayed';
  const outcome = { run: run.ref(), status, startedAt: run.startedAt, error, streams, pending: ended.pending, clean };
  const options = { ...POLICIES.finish, summary: run.title(`finish, ${status}`) };
  await CancellationScope.nonCancellable(() => finish.executeWithOptions(options, [{ ...outcome, ...run.prepared() }]));
  const { epoch } = run;
  // in this order: the Web UI shows only its beginning
  return { status, error, rows: ended.rows.loaded, unfinished: ended.unfinished, epoch, feeds: run.states(results) };
}

/** What the run knows while it goes on. */
class Run {
  readonly startedAt: string;
  readonly notes: string[];
  epoch: number;
  ended: EndedStreams;
  /** Streams that go on in the next history. */
  rest: readonly FeedResult[] = [];
  #ready: ReadyRun | undefined;
  readonly #records = new Map<string, StreamRecord>();
  #pending: Record<string, FeedState> = {};
  #signalled = Date.now();
  /** What the details do not say yet. */
  #unwritten: { readonly phase: string; readonly error: RunError | null } | undefined;

  constructor(readonly input: SyncInput) {
    const { carried } = input;
    this.epoch = input.epoch;
    this.startedAt = carried?.startedAt ?? new Date().toISOString();
    this.notes = [...(carried?.notes ?? [])];
    this.ended = carried?.ended ?? NOTHING_ENDED;
    this.#display('prepare');
  }

  get ready(): ReadyRun {
    if (!this.#ready) throw new Error('the run is not prepared yet');
    return this.#ready;
  }

  /** What was prepared that the end of the run needs as well; nothing when it did not come so far. */
  prepared(): Partial<Pick<ReadyRun, 'plan' | 'keepStagedMs'>> {
    const { plan, keepStagedMs } = this.#ready ?? {};
    return { ...(plan ? { plan } : {}), ...(keepStagedMs === undefined ? {} : { keepStagedMs }) };
  }

  ref(): RunRef {
    const { workspaceId, connectionId, runId, number, trigger } = this.input;
    return { workspaceId, connectionId, runId, number, trigger, epoch: this.epoch, workflowId: workflowInfo().workflowId };
  }

  begin(ready: ReadyRun): void {
    this.#ready = ready;
    if (!this.input.carried) this.notes.push(...ready.notes);
    this.#display('running');
  }

  show(record: StreamRecord): void {
    this.#records.set(record.name, record);
    this.#display('running');
  }

  /** Streams that are under way. */
  active(): number {
    return [...this.#records.values()].filter(({ status }) => status === 'running').length;
  }

  end(results: readonly FeedResult[]): void {
    this.ended = endedWith(this.ended, results);
  }

  /** Whether a feed has to stop at its next slice edge. */
  stop(): StopReason | undefined {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    const long = continueAsNewSuggested || historyLength > (this.input.maxHistoryEvents ?? MAX_HISTORY_EVENTS);
    const elapsedMs = Date.now() - Date.parse(this.startedAt);
    const taken = [...this.#records.values()].reduce((sum, { rows }) => sum + rows.extracted - rows.repeated, 0);
    return stopReason(this.ready.limits, { elapsedMs, rows: this.ended.rows.taken + taken, long });
  }

  carried(): SyncInput {
    const { startedAt, notes, ended, ready } = this;
    const places = new Map(this.rest.map((result) => [result.feed, result]));
    const feeds = ready.feeds.flatMap((prepared): PreparedFeed[] => {
      const result = places.get(prepared.feed);
      return result ? [{ ...prepared, place: result.place, progress: result.record }] : [];
    });
    return { ...this.input, epoch: this.epoch, feeds: {}, carried: { startedAt, notes, ended, ready: { ...ready, feeds } } };
  }

  /** Coalesced: the ledger is the durable record, the signal only keeps the connection's view fresh. */
  checkpoint(feed: string, state: FeedState): void {
    if (!this.ready.live) return;
    this.#pending[feed] = state;
    if (Date.now() - this.#signalled < CHECKPOINT_EVERY_MS) return;
    const feeds = this.#pending;
    this.#pending = {};
    this.#signalled = Date.now();
    this.#parent()
      .signal(checkpoint, { epoch: this.input.epoch, feeds })
      .catch(() => undefined); // the result brings the same again
  }

  /** Where feeds stand, to the connection, which is the only one to keep it. */
  async tell(results: readonly FeedResult[], last: { readonly ending?: true }): Promise<void> {
    const { epoch } = this.input;
    const feeds = this.states(results);
    await CancellationScope.nonCancellable(() => this.#parent().signal(checkpoint, { epoch, feeds, ...last }));
  }

  /** Where feeds stand now; none of the connection's own when the run does not move them. */
  states(results: readonly FeedResult[]): Record<string, FeedState> {
    if (!this.#ready?.live) return {};
    return Object.fromEntries(results.map(({ feed, place }) => [feed, stateOf(place)]));
  }

  notRun(prepared: PreparedFeed, status: RunStatus, error: RunError | null, notes: readonly string[] = []): FeedResult {
    const { feed, place, progress } = prepared;
    const untouched = { name: feed, step: 'waiting', rows: NO_ROWS, bytes: 0, slices: 0 } as const;
    const record: StreamRecord = {
      ...(progress ?? { ...untouched, cursor: place.position }),
      status,
      error,
      notes: [...(progress?.notes ?? prepared.notes), ...notes],
    };
    this.show(record);
    return { feed, place, record, pending: [] };
  }

  phase(status: RunStatus, error: RunError | null): void {
    this.#display(status, error);
  }

  /** For the line of a step that concerns the whole run. */
  title(step: string): string {
    const { number, labels } = this.input;
    return summary(`${step} #${number} ${labels.source} → ${labels.destination}`);
  }

  #parent(): ReturnType<typeof getExternalWorkflowHandle> {
    return getExternalWorkflowHandle(connectionWorkflowId(this.input.connectionId));
  }

  /** Written once for all that a workflow task brings: a run may have thousands of streams. */
  #display(phase: string, error: RunError | null = null): void {
    if (!this.#unwritten) void Promise.resolve().then(() => this.#write());
    this.#unwritten = { phase, error };
  }

  #write(): void {
    const { phase = '', error = null } = this.#unwritten ?? {};
    this.#unwritten = undefined;
    const endedBefore = this.input.carried?.ended.streams ?? 0;
    const total = this.#ready?.feeds.length ?? 0;
    setCurrentDetails(runDetails({ phase, streams: this.#records.values(), notes: this.notes, total, error, endedBefore }));
  }
}
