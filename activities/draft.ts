import type { AnyDestination, AnySource } from '../connectors/registry.js';
import type { Track } from '../connectors/sdk/destination.js';
import type { ConnectionPlan, RunError } from '../platform/db/store.js';
import type { SchemaVersion } from '../platform/db/stream-schemas.js';
import { MillraceError } from '../platform/errors/error.js';
import type { StreamConfig } from '../schema/connection-config.js';
import { targetOf } from '../schema/target-name.js';
import type { StreamDescription, Target } from '../schema/types.js';
import { requireWindow } from './backfill.js';
import type { PrepareInput, StageRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type FeedPlan, type OpenConnector, type RouteEnds, type RunPlan, openSource, planFeed, sessionOf } from './plan.js';
import { getPlan } from './plan-store.js';
import { applySchemaPolicies } from './schema-policy.js';
import { streamError } from './stream-error.js';
import type { Shell } from './shell.js';
import { type SlicesByFeed, loadedSlices, pendingSlices, stagedRun } from './staged-run.js';

/** What a run is going to do, before it is known where its feeds stand. */
export interface RunDraft extends Pick<RunPlan, 'track' | 'source' | 'destinationId'> {
  readonly feeds: readonly FeedDraft[];
}

/** One stream that cannot be planned does not stop the others. */
export type FeedDraft = PlannedFeed | { readonly feed: string; readonly config: StreamConfig; readonly error: RunError };

export interface PlannedFeed {
  readonly feed: string;
  readonly config: StreamConfig;
  readonly plan: FeedPlan;
  /** What people should know of it. */
  readonly notes?: readonly string[];
}

/** What a run works on. */
export interface RunWork {
  readonly input: PrepareInput;
  readonly connection: ConnectionPlan;
  readonly destination: OpenConnector<AnyDestination>;
}

export function trackOf({ purpose, run }: Pick<PrepareInput, 'purpose' | 'run'>): Track {
  if (purpose?.kind === 'backfill') return purpose.track as Track;
  if (purpose?.kind === 'rejects') return `rejects/${run.number}`;
  return purpose?.kind === 'replay' ? `replay/${purpose.run}` : 'live';
}

/** The streams that the run is about. */
export function wantedStreams({ input, connection }: Pick<RunWork, 'input' | 'connection'>): readonly StreamConfig[] {
  return connection.streams.filter((stream) => !input.streams || input.streams.includes(stream.name));
}

export function targetOfStream(
  { connection, destination }: Pick<RunWork, 'connection' | 'destination'>,
  config: StreamConfig,
): Target {
  const usual = (stream: string): Target => destination.connector.defaultTarget(destination.context.config, stream);
  return targetOf(config, { targetNames: connection.targetNames, usual });
}

export async function draftRun(shell: Shell, dependencies: ActivityDependencies, work: RunWork): Promise<RunDraft> {
  const { purpose } = work.input;
  if (purpose?.kind === 'replay') return draftReplay(shell, dependencies, work, purpose);
  if (purpose?.kind === 'retry' && !purpose.source) return draftFromStage(dependencies, work, purpose);
  const feeds = await draftFromSource(shell, dependencies, work);
  const draft = { track: trackOf(work.input), source: true };
  if (purpose?.kind !== 'retry' || !purpose.staged) return { ...draft, feeds };
  const pending = await pendingOf(dependencies, purpose.staged);
  return { ...draft, feeds: pending ? feeds.map((feed) => withPending(feed, pending)) : feeds };
}

async function draftFromSource(shell: Shell, dependencies: ActivityDependencies, work: RunWork): Promise<readonly FeedDraft[]> {
  const source = await openSource(shell, dependencies, work.connection.source, sessionOf(work.input.run, '', shell.attempt));
  return applySchemaPolicies(dependencies, work, await readDrafts(dependencies, source, work));
}

export interface ReadDrafts {
  readonly drafts: readonly FeedDraft[];
  /** Of the columns of all streams, oldest first. */
  readonly versions: readonly SchemaVersion[];
}

/** What the run would read, as the source is now, before the policies for its changes. */
export async function readDrafts(
  dependencies: ActivityDependencies,
  source: OpenConnector<AnySource>,
  work: RunWork,
): Promise<ReadDrafts> {
  const { connection, input } = work;
  const streams = wantedStreams(work);
  const names = streams.map((stream) => stream.name);
  const [catalog, versions] = await Promise.all([
    source.connector.discover(source.context, names),
    dependencies.store.schemaVersions(connection.id),
  ]);
  const drafts = streams.map((config) => {
    const found = catalog.streams.find((stream) => stream.name === config.name);
    const ends = { source: source.connector, destination: work.destination.connector, target: targetOfStream(work, config) };
    return draftFeed(config, found, { ends, purpose: input.purpose });
  });
  return { drafts, versions };
}

function draftFeed(
  config: StreamConfig,
  stream: StreamDescription | undefined,
  { ends, purpose }: { readonly ends: RouteEnds; readonly purpose: PrepareInput['purpose'] },
): FeedDraft {
  try {
    if (!stream)
      throw new MillraceError('source.stream_missing', {
        detail: `The source has no stream ${config.name} that this user may read.`,
        stream: config.name,
      });
    const plan = planFeed(config, stream, ends);
    const windowed = purpose?.kind === 'backfill' ? { ...plan, window: requireWindow(plan, purpose.window, ends) } : plan;
    return { feed: config.name, config, plan: windowed };
  } catch (error) {
    return { feed: config.name, config, error: streamError(error) };
  }
}

interface Pending {
  readonly plan: RunPlan;
  readonly slices: SlicesByFeed;
}

/** What is not staged any more is read again. */
async function pendingOf({ stage }: ActivityDependencies, staged: StageRef): Promise<Pending | undefined> {
  try {
    const document = await stagedRun(stage, staged);
    return { plan: await getPlan(stage, document.plan), slices: await pendingSlices(stage, document) };
  } catch {
    return undefined;
  }
}

/** Slices of an earlier run count only if today's plan would have made the same. */
function withPending(draft: FeedDraft, pending: Pending): FeedDraft {
  const then = pending.plan.feeds.find(({ feed }) => feed === draft.feed);
  const staged = pending.slices[draft.feed];
  if ('error' in draft || !then || !staged || !sameRows(then, draft.plan)) return draft;
  return { ...draft, plan: { ...draft.plan, staged } };
}

function sameRows(a: FeedPlan, b: FeedPlan): boolean {
  const rows = ({ fields, mode, primaryKey, cursor, nullCursor, filter, sql, native, window }: FeedPlan): string =>
    JSON.stringify({ fields, mode, primaryKey, cursor, nullCursor, filter, sql, native, window });
  return rows(a) === rows(b);
}

type Retry = Extract<PrepareInput['purpose'], { kind: 'retry' }>;
type Replay = Extract<PrepareInput['purpose'], { kind: 'replay' }>;

/** The streams of an earlier run that have slices in the stage, by its own plan. */
function stagedFeeds(work: RunWork, plan: RunPlan, slices: SlicesByFeed): readonly PlannedFeed[] {
  return wantedStreams(work).flatMap((config) => {
    const held = plan.feeds.find(({ feed }) => feed === config.name);
    const staged = slices[config.name];
    return held && staged ? [{ feed: config.name, config, plan: { ...held, staged } }] : [];
  });
}

/** Only what the failed run had staged, by its own plan: the source is not asked. */
async function draftFromStage({ stage }: ActivityDependencies, work: RunWork, { staged, run }: Retry): Promise<RunDraft> {
  if (!staged) throw new MillraceError('run.not_staged', { detail: `Run ${run} left nothing staged.` });
  const document = await stagedRun(stage, staged);
  const plan = await getPlan(stage, document.plan);
  const feeds = stagedFeeds(work, plan, await pendingSlices(stage, document));
  if (feeds.length === 0) throw new MillraceError('run.not_staged', { detail: `Run ${run} had loaded all that it had staged.` });
  return { track: plan.track, source: false, feeds };
}

/** All that a run had loaded, in a destination that may have nothing of it. */
async function draftReplay(
  shell: Shell,
  dependencies: ActivityDependencies,
  work: RunWork,
  { run, staged, destinationId }: Replay,
): Promise<RunDraft> {
  const plan = await getPlan(dependencies.stage, (await stagedRun(dependencies.stage, staged)).plan);
  const slices = await loadedSlices(shell, dependencies, { ...work, run });
  const feeds = stagedFeeds(work, plan, slices).map((draft): FeedDraft => {
    const { sql: _, ...loaded } = draft.plan; // what was staged for the load has been transformed
    return { ...draft, plan: { ...loaded, target: targetOfStream(work, draft.config) } };
  });
  return { track: trackOf(work.input), source: false, destinationId, feeds };
}
