import { loadedAs } from '../checkpoint/loaded-as.js';
import { NEVER_READ } from '../checkpoint/never-read.js';
import { type FeedRule, type FoundPlace, findPlace, setByHand } from '../checkpoint/place.js';
import type { FenceResult } from '../connectors/sdk/destination.js';
import type { ConnectionPlan } from '../platform/db/store.js';
import { MillraceError } from '../platform/errors/error.js';
import { durationMs } from '../schema/connection-config.js';
import { runFolder } from '../stage/layout.js';
import { belowLive, trackPlace } from './backfill.js';
import type { PrepareInput, Prepared, PreparedFeed, RunLimits, RunRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { laggingFrom } from './distances.js';
import {
  type FeedDraft,
  type PlannedFeed,
  type RunDraft,
  type RunWork,
  draftRun,
  targetOfStream,
  trackOf,
  wantedStreams,
} from './draft.js';
import { type FeedPlan, type RunPlan, destinationOf, openDestination, sessionOf } from './plan.js';
import { putDocument } from './plan-store.js';
import { addressOf, placeByCursor, stagePlace } from './place.js';
import { draftRejects } from './rejects-draft.js';
import { inStep, sayPrepared } from './run-log.js';
import type { Shell } from './shell.js';
import { streamError } from './stream-error.js';

/** Fixes the plan of the run, takes the destination over from whoever had it, and finds where every feed stands. */
export function createPrepare(dependencies: ActivityDependencies) {
  return (input: PrepareInput): Promise<Prepared> =>
    inStep(dependencies, { run: input.run, step: 'prepare' }, async (shell, say) => {
      const prepared = await prepare(shell, dependencies, input);
      sayPrepared(say, input.run, prepared);
      return prepared;
    });
}

async function prepare(shell: Shell, dependencies: ActivityDependencies, input: PrepareInput): Promise<Prepared> {
  const { run, purpose } = input;
  const connection = await dependencies.store.loadConnection(run.connectionId);
  await dependencies.store.recordRun({ ...runRecord(input), status: 'running', connectionVersion: connection.version });
  const elsewhere = purpose?.kind === 'replay' ? { destinationId: purpose.destinationId } : {};
  const instance = await destinationOf(dependencies, connection, elsewhere);
  const destination = await openDestination(shell, dependencies, instance, sessionOf(run, '', shell.attempt));
  const work: RunWork = { input, connection, destination };
  const [draft, fence] = await Promise.all([draftOf(shell, dependencies, work), raiseFence(work)]);
  if (fence.outcome === 'refused') return { outcome: 'behind', epoch: fence.epoch };
  return finishPlan(dependencies, work, { draft, fence });
}

function draftOf(shell: Shell, dependencies: ActivityDependencies, work: RunWork): Promise<RunDraft> {
  const { purpose } = work.input;
  return purpose?.kind === 'rejects' ? draftRejects(dependencies, work, purpose) : draftRun(shell, dependencies, work);
}

function raiseFence(work: RunWork): Promise<FenceResult> {
  const { connector, context } = work.destination;
  const { run, feeds: states } = work.input;
  const feeds = wantedStreams(work).map((config) => {
    const setTo = setByHand(states[config.name]);
    return { name: config.name, target: targetOfStream(work, config), ...(setTo ? { setTo } : {}) };
  });
  const { connectionId, epoch, number } = run;
  return connector.fence(context, { connectionId, epoch, run: number, track: trackOf(work.input), feeds });
}

type Raised = Omit<Extract<FenceResult, { outcome: 'raised' }>, 'asOf' | 'endedSessions'>;

interface Found {
  readonly draft: RunDraft;
  readonly fence: Raised;
}

async function finishPlan(
  { stage }: ActivityDependencies,
  { input, connection }: RunWork,
  found: Found & { readonly fence: Extract<FenceResult, { outcome: 'raised' }> },
): Promise<Prepared> {
  const { draft, fence } = found;
  const placed = draft.feeds.map((feed) => placeFeed(input, feed, found));
  const feeds = await Promise.all(
    placed.map(async ({ found: place, ...feed }): Promise<PreparedFeed> => {
      const { plan: _, ...prepared } = feed;
      return { ...prepared, notes: place.notes, place: await stagePlace(stage, input.run, feed.feed, place) };
    }),
  );
  const { feeds: _drafts, ...rest } = draft;
  const document: RunPlan = {
    format: 'millrace-plan/1',
    connectionVersion: connection.version,
    asOf: fence.asOf,
    ...rest,
    feeds: placed.flatMap(({ plan }) => (plan ? [plan] : [])),
  };
  const plan = await putDocument(stage, `${runFolder(addressOf(input.run))}/plan-${crypto.randomUUID()}.json`, document);
  const keepStagedMs = durationMs(connection.keepStaged);
  const notes = fence.endedSessions > 0 ? [`ended ${fence.endedSessions} sessions of an earlier run in the destination`] : [];
  return {
    outcome: 'ready',
    plan,
    feeds,
    notes,
    live: draft.track === 'live',
    limits: limitsOf(connection, feeds),
    keepStagedMs,
  };
}

export type PlacedFeed = Omit<PreparedFeed, 'place' | 'notes'> & { readonly found: FoundPlace; readonly plan?: FeedPlan };

/** Where the feed starts; what is wrong with one feed does not stop the others. */
export function placeFeed(
  input: PrepareInput,
  draft: FeedDraft,
  { draft: { track }, fence }: { readonly draft: Pick<RunDraft, 'track'>; readonly fence: Omit<Raised, 'outcome'> },
): PlacedFeed {
  const { feed } = draft;
  const state = input.feeds[feed];
  const nowhere: FoundPlace = { ...(state ?? NEVER_READ), notes: [] };
  if ('error' in draft) return { feed, transforms: false, found: nowhere, error: draft.error };
  const transforms = draft.plan.sql !== undefined;
  try {
    const live = isStaged(track) ? nowhere : livePlace(input, draft, fence);
    if (track === 'live') {
      const found = noted(placeByCursor(live, draft.plan), draft.notes);
      return { feed, transforms, found, plan: laggingFrom(draft.plan, found), ...verifyOf(draft.plan) };
    }
    if (track.startsWith('rejects')) requireTarget(draft.plan, fence);
    const { plan, notes } = belowLive(draft.plan, live);
    const place = trackPlace(
      plan,
      live,
      fence.track.find((row) => row.feed === feed),
    );
    return { feed, transforms, found: { ...place, notes: [...notes, ...(draft.notes ?? [])] }, plan };
  } catch (error) {
    return { feed, transforms, found: nowhere, error: streamError(error) };
  }
}

const noted = (place: FoundPlace, notes: readonly string[] = []): FoundPlace => ({ ...place, notes: [...notes, ...place.notes] });
/** Only staged slices are loaded: where the stream stands does not matter. */
const isStaged = (track: string): boolean => track.startsWith('replay') || track.startsWith('rejects');

/** A table of rejected rows alone would be taken for the stream. */
function requireTarget({ feed, target }: FeedPlan, { missingTargets }: Pick<Raised, 'missingTargets'>): void {
  if (!missingTargets.includes(feed)) return;
  throw new MillraceError('load.target_missing', { detail: `${target.schema}.${target.table} does not exist.`, stream: feed });
}
/** Only what the connection's own cursor covers is compared: the source says nothing of a window or of another destination. */
const verifyOf = ({ verify }: FeedPlan): Pick<PreparedFeed, 'verify'> => (verify === 'none' ? {} : { verify });

function livePlace(input: PrepareInput, { feed, config, plan }: PlannedFeed, fence: Omit<Raised, 'outcome'>): FoundPlace {
  const rule: FeedRule = {
    name: feed,
    loadedAs: loadedAs(plan),
    whole: plan.whole,
    refresh: input.refresh?.includes(feed) ?? false,
    goOn: input.unfinished === true || input.purpose?.kind === 'retry',
    onDestinationBehind: config.onDestinationBehind,
    onTargetMissing: config.onTargetMissing,
  };
  return findPlace(rule, {
    state: input.feeds[feed],
    ledger: fence.live.find((row) => row.feed === feed),
    targetMissing: fence.missingTargets.includes(feed),
    boundaryAtState: fence.boundaries[feed],
    loadedAs: fence.loadedAs[feed],
  });
}

/** As many as fit into one message with all their places. */
const TOGETHER = 50;

function limitsOf({ limits }: ConnectionPlan, feeds: readonly PreparedFeed[]): RunLimits {
  const { parallelStreams, rows, duration } = limits;
  return {
    parallelStreams,
    ...(feeds.length > parallelStreams ? { together: TOGETHER } : {}),
    ...(rows === undefined ? {} : { rows }),
    ...(duration === undefined ? {} : { durationMs: durationMs(duration) }),
  };
}

function runRecord({ run, startedAt }: PrepareInput) {
  const { runId, workspaceId, connectionId, number, trigger, workflowId } = run satisfies RunRef;
  return { id: runId, workspaceId, connectionId, number, trigger, workflowId, startedAt };
}
