import { START } from '../checkpoint/position.js';
import { cursorType } from '../connectors/sdk/cursor.js';
import type { RejectedSlice } from '../platform/db/store.js';
import { MillraceError } from '../platform/errors/error.js';
import type { StreamConfig } from '../schema/connection-config.js';
import { isKeyed, readsWhole } from '../schema/write-mode.js';
import type { SliceManifest } from '../stage/manifest.js';
import { readManifest } from '../stage/reader.js';
import type { Stage } from '../stage/store.js';
import type { RunPurpose } from '../workflows/messages.js';
import type { ActivityDependencies } from './dependencies.js';
import { type FeedDraft, type RunDraft, type RunWork, targetOfStream, trackOf, wantedStreams } from './draft.js';
import { type FeedPlan, type StagedSlice, handedOn } from './plan.js';
import { streamError } from './stream-error.js';

type Rejects = Extract<RunPurpose, { kind: 'rejects' }>;

/**
 * Rejected rows once more, by today's configuration and without the source. Each reject has a track of its own in the ledger,
 * which takes it once, however often and in whatever company it is asked for.
 */
export async function draftRejects({ stage, store }: ActivityDependencies, work: RunWork, purpose: Rejects): Promise<RunDraft> {
  const { streams, run } = work.input;
  const { ids, runId } = purpose;
  const found = await store.rejectsToReplay(run.connectionId, {
    ...(streams ? { streams } : {}),
    ...(ids ? { ids } : {}),
    ...(runId === undefined ? {} : { runId }),
  });
  const waiting = await streamsWithNews(store, run.connectionId);
  const feeds = wantedStreams(work).flatMap((config) => {
    const own = found.filter(({ stream }) => stream === config.name);
    return own.length > 0
      ? [draftStream(stage, work, { config, rejects: own, byName: ids !== undefined, accepted: !waiting.has(config.name) })]
      : [];
  });
  if (feeds.length === 0) throw nothingToReplay();
  return { track: trackOf(work.input), source: false, feeds: await Promise.all(feeds) };
}

interface RejectsOfStream {
  readonly config: StreamConfig;
  readonly rejects: readonly RejectedSlice[];
  /** Asked for one by one, whatever became of the stream since. */
  readonly byName: boolean;
  /** Nothing is new about its columns. */
  readonly accepted: boolean;
}

/** Streams whose newest columns wait to be accepted. */
async function streamsWithNews(store: ActivityDependencies['store'], connectionId: string): Promise<ReadonlySet<string>> {
  const newest = new Map((await store.schemaVersions(connectionId)).map((version) => [version.stream, version]));
  return new Set([...newest.values()].flatMap(({ stream, accepted }) => (accepted ? [] : [stream])));
}

async function draftStream(
  stage: Stage,
  work: RunWork,
  { config, rejects, byName, accepted }: RejectsOfStream,
): Promise<FeedDraft> {
  const feed = config.name;
  try {
    refuseWhole(config);
    if (config.schemaPolicy === 'quarantine' && !accepted) throw refusal(config, 'its new columns are not accepted yet.');
    const state = work.input.feeds[feed];
    if (state?.refreshing) throw refusal(config, 'it is being read anew; its rejected rows come again with that.');
    const counted = byName ? rejects : rejects.filter((reject) => isCurrent(config, reject, state?.lineage));
    if (counted.length === 0) throw refusal(config, 'it was read anew since, and its rejected rows came again with that.');
    const manifests = await Promise.all(counted.map(({ manifest }) => manifestOf(stage, manifest)));
    const staged = counted.map((reject, index) => stagedReject(reject, manifests[index], { seq: index + 1, of: counted.length }));
    const plan = { ...planRejects(config, manifests[0]), target: targetOfStream(work, config), staged };
    return { feed, config, plan, notes: leftOut(rejects.length - counted.length) };
  } catch (error) {
    return { feed, config, error: streamError(error) };
  }
}

/** @throws MillraceError `rejects.not_replayable` where the next run reads the rows again anyway */
function refuseWhole(config: StreamConfig): void {
  if (readsWhole(config)) throw refusal(config, 'it is read as a whole: its next run reads the rejected rows again.');
}

/** A merge finds out by itself what is older. Rows that are appended would come twice once the stream was read anew. */
function isCurrent({ mode, dedup }: StreamConfig, { track, lineage }: RejectedSlice, current: number | undefined): boolean {
  const merges = isKeyed(mode) && dedup === 'newest_wins';
  return merges || track !== 'live' || current === undefined || lineage === current;
}

const leftOut = (count: number): readonly string[] =>
  count === 0 ? [] : [`rejected rows of ${count} slices are left out: the stream was read anew since`];

async function manifestOf(stage: Stage, { key, sha256 }: RejectedSlice['manifest']): Promise<SliceManifest> {
  return readManifest(stage, { manifest: key, sha256 });
}

interface Place {
  readonly seq: number;
  readonly of: number;
}

/** Where the rows stood in the source does not matter any more: the run only counts its slices. */
function stagedReject(reject: RejectedSlice, manifest: SliceManifest | undefined, { seq, of }: Place): StagedSlice {
  const { rows = { extracted: 0, repeated: 0, staged: 0 }, segments = [] } = manifest ?? {};
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const { key, sha256 } = reject.manifest;
  return {
    ...{ seq, from: START, to: START, done: seq === of, bytes, rejectId: reject.id },
    slice: { manifest: key, sha256, rows: rows.staged, bytes },
    rows: { extracted: rows.extracted, repeated: rows.repeated },
  };
}

/** What the rows are loaded by; what is only needed to read them is left out. */
function planRejects(config: StreamConfig, manifest: SliceManifest | undefined): Omit<FeedPlan, 'target'> {
  const fields = manifest?.columns ?? [];
  const cursor = fields.find(({ name }) => name === config.cursorField);
  return {
    feed: config.name,
    stream: { name: config.name, fields, cursorCandidates: [] },
    fields,
    mode: config.mode,
    whole: false,
    uniqueKey: false,
    primaryKey: config.primaryKey ?? manifest?.rejected?.primaryKey ?? [],
    ...(cursor ? { cursor: { field: cursor.name, type: cursorType(cursor) ?? 'string' } } : {}),
    ...handedOn(config),
    settleMs: 0,
  };
}

function refusal({ name }: StreamConfig, why: string): MillraceError {
  return new MillraceError('rejects.not_replayable', {
    detail: `Rejected rows of ${name} are not loaded again: ${why}`,
    stream: name,
  });
}

function nothingToReplay(): MillraceError {
  return new MillraceError('rejects.not_replayable', {
    detail: 'There are no rejected rows that were not loaded again already.',
  });
}
