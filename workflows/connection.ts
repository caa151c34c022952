/**
 * One long-lived workflow per connection: the only writer of cursors, one run at a time. It does no timing; Schedules do.
 * @module
 */
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  currentUpdateInfo,
  setCurrentDetails,
  setHandler,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import {
  ANEW,
  type ConnectionState,
  MAX_QUEUED,
  type QueuedRun,
  REFRESHED,
  feedsOf,
  initialState,
  joinable,
  moved,
  tooLarge,
  viewOf,
  withAnswer,
  withChange,
  withCheckpoint,
  withReply,
} from './connection-state.js';
import { connectionDetails } from './connection-details.js';
import { RunCancellation, executeRun, recordOutcome, showRun, tell } from './connection-run.js';
import { breakerAfter, recover, recordStateChange } from './connection-steps.js';
import {
  type ActiveRun,
  type ConnectionInput,
  type MoveRequest,
  type NewPlace,
  type StateChange,
  type SyncAccepted,
  type SyncRequest,
  cancelSync,
  checkpoint,
  pause,
  ready,
  refreshStream,
  requestSync,
  resetStream,
  resume,
  scheduled,
  setState,
  state as stateQuery,
  syncWorkflowId,
} from './messages.js';
import { MAX_HISTORY_EVENTS } from './policies.js';
import { newRunId } from './run-id.js';
import type { SyncResult } from './sync-types.js';

/**
 * A run begins only when every handler has ended, and its start and end always issue a command (`showRun`): otherwise,
 * updates that arrive with them may be replayed in another order than they had (sdk-rust#1146: tasks without commands are
 * merged), and the workflow could never go on.
 */
export async function connection(input: ConnectionInput): Promise<void> {
  const entity = new Connection(input);
  entity.listen();
  await entity.remember();
  while (!entity.isLong()) {
    await condition(() => (entity.next() !== undefined && allHandlersFinished()) || entity.isLong());
    const queued = entity.next();
    if (queued) await entity.run(queued);
  }
  await condition(allHandlersFinished);
  await continueAsNew<typeof connection>(entity.carried());
}

interface RunningRun extends ActiveRun {
  readonly cancellation: RunCancellation;
  readonly replyTo: readonly string[];
}

class Connection {
  #state: ConnectionState;
  #active: RunningRun | null = null;
  /**
   * A workflow that was lost does not know yet where its feeds stand. Handlers await only while it is so: those of one task
   * must see what the ones before them did.
   */
  #lost: boolean;

  constructor(private readonly input: ConnectionInput) {
    this.#state = initialState(input);
    this.#lost = input.state === undefined && (input.lastNumber ?? 0) > 0;
    this.#display();
  }

  listen(): void {
    setHandler(stateQuery, () => this.#view());
    setHandler(requestSync, (request) => this.#request(request), { validator: (request) => this.#mayRequest(request) });
    setHandler(cancelSync, ({ runId, reason }) => this.#cancel(runId, reason), {
      validator: ({ runId }) => this.#mayCancel(runId),
    });
    setHandler(pause, ({ note }) => this.#pause(note));
    setHandler(resume, () => this.#resume());
    setHandler(ready, (endedRunId) => this.#ready(endedRunId));
    const asked = { validator: (request: MoveRequest) => this.#requireRevision(request) };
    setHandler(resetStream, (request) => this.#move({ [request.feed]: ANEW }, { ...request, kind: 'reset' }), asked);
    setHandler(refreshStream, (request) => this.#move({ [request.feed]: REFRESHED }, { ...request, kind: 'refresh' }), asked);
    setHandler(setState, (request) => this.#move(request.feeds, request), asked);
    setHandler(checkpoint, ({ epoch, feeds, ending }) => {
      if (epoch !== this.#state.epoch) return;
      this.#state = withCheckpoint(this.#state, feeds);
      if (ending && this.#active) this.#active.cancellation.ended = true;
      this.#display();
    });
    setHandler(scheduled, (request) => this.#scheduled(request));
  }

  /** A workflow that was lost takes what it can from the destination's ledger and the metadata. */
  async remember(): Promise<void> {
    if (!this.#lost) return;
    const { connectionId } = this.input;
    const { feeds, ...found } = await recover(connectionId);
    this.#state = withCheckpoint({ ...this.#state, ...found }, feeds);
    this.#lost = false;
    this.#display();
  }

  /** The run to begin when all that was asked of the connection is done. */
  next(): QueuedRun | undefined {
    return this.#state.paused || this.#active ? undefined : this.#state.queue[0];
  }

  isLong(): boolean {
    const info = workflowInfo();
    return info.continueAsNewSuggested || info.historyLength > (this.input.maxHistoryEvents ?? MAX_HISTORY_EVENTS);
  }

  /** Between runs only: a child would not survive its parent's continue-as-new. The queue goes along (I10). */
  carried(): ConnectionInput {
    return { ...this.input, state: this.#state };
  }

  async run(queued: QueuedRun): Promise<void> {
    const epoch = this.#state.epoch + 1;
    this.#state = { ...this.#state, epoch, queue: this.#state.queue.filter((other) => other.runId !== queued.runId) };
    const cancellation = new RunCancellation();
    const { runId, number, request, replyTo } = queued;
    this.#active = {
      runId,
      number,
      workflowId: this.#workflowId(number),
      trigger: request.trigger,
      cancellation,
      replyTo,
    };
    this.#display();
    const unfinished = this.#state.lastRun?.unfinished === true;
    const starting = { connection: this.input, queued, epoch, feeds: feedsOf(this.#state), unfinished };
    const outcome = await executeRun(starting, cancellation);
    this.#state = {
      ...withCheckpoint(this.#state, outcome.feeds),
      epoch: Math.max(epoch, outcome.epoch),
      lastRun: { number, status: outcome.status, ...(stillUnfinished(request, outcome, unfinished) ? { unfinished: true } : {}) },
    };
    const breaker = await breakerAfter(this.input.connectionId, this.#state, outcome);
    this.#state = { ...this.#state, ...breaker }; // not before: requests may have come meanwhile
    const waiting = this.#active.replyTo;
    this.#active = null;
    this.#display();
    showRun(number, outcome.status);
    await this.#answer(waiting, number, outcome);
  }

  #mayRequest(request: SyncRequest): void {
    if (this.#earlierAnswer()) return;
    if (this.#state.paused)
      refuse('connection.paused', `The connection is paused: ${this.#state.pauseNote ?? 'no reason was given'}.`);
    if (this.#state.queue.length >= MAX_QUEUED && !joinable(this.#state, request)) {
      refuse('run.already_active', `Run ${this.#active?.runId ?? ''} is active and ${MAX_QUEUED} more are waiting.`);
    }
  }

  async #request(request: SyncRequest): Promise<SyncAccepted> {
    const earlier = this.#earlierAnswer();
    if (earlier) return earlier;
    if (this.#lost) {
      await condition(() => !this.#lost);
      this.#mayRequest(request); // it may turn out to be paused
    }
    const accepted = this.#accept(request);
    this.#state = withAnswer(this.#state, currentUpdateInfo()?.id, accepted);
    return accepted;
  }

  #earlierAnswer(): SyncAccepted | undefined {
    const id = currentUpdateInfo()?.id;
    return this.#state.answers.find(([answeredId]) => answeredId === id)?.[1];
  }

  /** I10: no trigger is lost; one that wants what a waiting run will do anyway joins it. */
  #accept(request: SyncRequest): SyncAccepted {
    const joined = joinable(this.#state, request);
    if (joined) {
      const queue = this.#state.queue.map((queued) => (queued === joined ? withReply(queued, request.replyTo) : queued));
      this.#state = { ...this.#state, queue };
      return { runId: joined.runId, number: joined.number, workflowId: this.#workflowId(joined.number), outcome: 'coalesced' };
    }
    const number = this.#state.lastNumber + 1;
    const runId = newRunId(Date.now(), uuid4());
    const queued: QueuedRun = { runId, number, request, replyTo: request.replyTo === undefined ? [] : [request.replyTo] };
    const outcome = this.#active || this.#state.queue.length > 0 ? 'queued' : 'started';
    this.#state = { ...this.#state, lastNumber: number, queue: [...this.#state.queue, queued] };
    this.#display();
    return { runId, number, workflowId: this.#workflowId(number), outcome };
  }

  /** A Schedule's tick. While a run is active it is refused or its run waits, as its overlap policy says (I10). */
  async #scheduled(request: SyncRequest): Promise<void> {
    if (this.#lost) await condition(() => !this.#lost);
    if (this.#answersLater(request.replyTo)) return;
    const reason = this.#refusalOfTick(request);
    if (reason === undefined) this.#accept(request);
    else if (request.replyTo !== undefined) await tell(request.replyTo, { outcome: 'refused', reason });
  }

  #refusalOfTick({ overlap }: SyncRequest): string | undefined {
    if (this.#state.paused) return 'the connection is paused';
    if (this.#state.tripped !== null) return this.#state.tripped;
    return this.#active && overlap !== 'queue' ? `run ${this.#active.runId} is active` : undefined;
  }

  /** The tick asks again because it has waited long: its run is under way. */
  #answersLater(replyTo: string | undefined): boolean {
    if (replyTo === undefined) return false;
    const waiting = [...(this.#active ? [this.#active] : []), ...this.#state.queue];
    return waiting.some((run) => run.replyTo.includes(replyTo));
  }

  #mayCancel(runId: string | undefined): void {
    const known =
      runId === undefined
        ? this.#active
        : this.#active?.runId === runId || this.#state.queue.some((queued) => queued.runId === runId);
    if (!known)
      refuse('run.not_active', runId === undefined ? 'No run is active.' : `Run ${runId} is neither active nor waiting.`);
  }

  async #cancel(runId: string | undefined, reason: string): Promise<{ runId: string }> {
    if (this.#active && (runId === undefined || this.#active.runId === runId)) {
      const { cancellation, runId: cancelled } = this.#active;
      await cancellation.cancel();
      return { runId: cancelled };
    }
    const waiting = this.#state.queue.find((queued) => queued.runId === runId);
    if (!waiting) return { runId: runId ?? '' }; // it ended between the validator and here
    this.#state = { ...this.#state, queue: this.#state.queue.filter((queued) => queued !== waiting) };
    this.#display();
    const cause = { code: 'run.cancelled', message: `Cancelled before it began: ${reason}`, suggestion: '' };
    const run = { connection: this.input, queued: waiting, epoch: this.#state.epoch, feeds: {}, unfinished: false };
    await this.#answer(waiting.replyTo, waiting.number, await recordOutcome(run, 'cancelled', cause));
    return { runId: waiting.runId };
  }

  async #pause(note: string): Promise<{ paused: true }> {
    if (this.#lost) await condition(() => !this.#lost);
    this.#state = { ...this.#state, paused: true, pauseNote: note };
    this.#display();
    return { paused: true };
  }

  /** Also lets a schedule go on that had paused itself. */
  async #resume(): Promise<{ paused: false }> {
    if (this.#lost) await condition(() => !this.#lost);
    this.#state = { ...this.#state, paused: false, pauseNote: null, failures: 0, tripped: null };
    this.#display();
    return { paused: false };
  }

  async #ready(endedRunId?: string): Promise<ReturnType<typeof viewOf>> {
    const waits = (): boolean => this.#lost || (this.#active !== null && this.#active.runId === endedRunId);
    if (waits()) await condition(() => !waits());
    return this.#view();
  }

  #requireRevision({ revision }: MoveRequest): void {
    if (revision === undefined || revision === this.#state.revision || this.#lost) return;
    refuse('request.stale', `The state has revision ${this.#state.revision}, not ${revision}.`);
  }

  /** A run in flight would go on from its old place and report it: positions change between runs. */
  async #untilBetweenRuns(): Promise<void> {
    const between = (): boolean => this.#active === null && !this.#lost;
    if (this.#active === null || this.#active.cancellation.ended) return condition(between);
    refuse('run.already_active', `Run ${this.#active?.runId ?? ''} is active; cancel it or wait for its end.`);
  }

  async #move(feeds: Readonly<Record<string, NewPlace>>, request: MoveRequest & Pick<StateChange, 'kind'>): Promise<StateChange> {
    await this.#untilBetweenRuns();
    this.#requireRevision(request); // somebody else may have been first
    const change = moved(this.#state, feeds, { kind: request.kind, by: request.by });
    const next = withChange(this.#state, change);
    const excess = tooLarge(next);
    if (excess !== undefined) refuse('request.too_large', excess);
    this.#state = next;
    this.#display();
    await recordStateChange({ connectionId: this.input.connectionId, change });
    return change;
  }

  async #answer(waiting: readonly string[], number: number, { status, error }: SyncResult): Promise<void> {
    const cause = error ? { code: error.code, message: error.message } : {};
    await Promise.all(waiting.map((tick) => tell(tick, { outcome: 'ended', number, status, ...cause })));
  }

  #view(): ReturnType<typeof viewOf> {
    return viewOf(this.#state, this.#activeView(), (number) => this.#workflowId(number));
  }

  #activeView(): ActiveRun | null {
    if (!this.#active) return null;
    const { runId, number, workflowId, trigger } = this.#active;
    return { runId, number, workflowId, trigger };
  }

  #workflowId(number: number): string {
    return syncWorkflowId(this.input.connectionId, number);
  }

  #display(): void {
    setCurrentDetails(connectionDetails(this.#state, this.#activeView()));
  }
}

/** Full reads that a limit cut short go on with the next run that is about them. */
function stillUnfinished({ streams, purpose }: SyncRequest, outcome: SyncResult, before: boolean): boolean {
  return outcome.unfinished || (before && (streams !== undefined || purpose !== undefined));
}

function refuse(code: string, message: string): never {
  throw ApplicationFailure.nonRetryable(message, code);
}
