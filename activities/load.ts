import { START } from '../checkpoint/position.js';
import type { LoadRequest, ShadowLoad } from '../connectors/sdk/destination.js';
import type { MetadataStore } from '../platform/db/store.js';
import { MillraceError, errorText, isMillraceError } from '../platform/errors/error.js';
import type { SliceManifest } from '../stage/manifest.js';
import { openSegments, readManifest } from '../stage/reader.js';
import type { LoadInput, Loaded } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type FeedPlan, destinationOf, openDestination, requireFeed, sessionOf } from './plan.js';
import { getPlan } from './plan-store.js';
import { keepRejects, markReplayed, recordRejects } from './rejects.js';
import { inStep, sayLoaded } from './run-log.js';
import type { Shell } from './shell.js';

/** Loads one staged slice and answers with what the ledger holds for it afterwards (I2). */
export function createLoad(dependencies: ActivityDependencies) {
  return (input: LoadInput): Promise<Loaded> =>
    inStep(dependencies, { run: input.run, step: 'load', stream: input.feed }, async (shell, say) => {
      const loaded = await load(shell, dependencies, input);
      sayLoaded(say, loaded);
      return loaded;
    });
}

async function load(shell: Shell, dependencies: ActivityDependencies, input: LoadInput): Promise<Loaded> {
  const { stage, store } = dependencies;
  const plan = await getPlan(stage, input.plan);
  const [connection, manifest] = await Promise.all([store.loadEnds(input.run.connectionId), readManifest(stage, input.slice)]);
  const { connector, context } = await openDestination(
    shell,
    dependencies,
    await destinationOf(dependencies, connection, plan),
    sessionOf(input.run, input.feed, shell.attempt),
  );
  await using temp = await stage.tempDir();
  const segments = await openSegments(stage, manifest, temp.path);
  shell.progress({ step: 'load', stream: input.feed, slice: manifest.slice, rows: manifest.rows.staged });
  const feed = requireFeed(plan, input.feed);
  const rejectId = feed.staged?.find(({ slice }) => slice?.sha256 === input.slice.sha256)?.rejectId;
  const track = rejectId ? (`rejects/${rejectId}` as const) : plan.track;
  const facts = loadRequest(onOwnTrack(input, rejectId), { feed, manifest, track, asOf: plan.asOf });
  const request = { ...facts, segments, engine: dependencies.engine, tempDir: temp.path, attempt: shell.attempt };
  const { workspaceId } = input.run;
  const slice = { workspaceId, manifest, key: input.slice.manifest, request, signal: shell.signal };
  const attempt: LoadRequest = { ...request, keepRejects: (rejected) => keepRejects(stage, slice, rejected) };
  const result = await connector.load(context, attempt).catch(async (error: unknown) => {
    const formerOwner = await deletedOwner(store, error);
    if (formerOwner === undefined) throw error;
    return connector.load(context, { ...attempt, formerOwner });
  });
  checkCounts(request.rows, result.rows, input.feed);
  await recordProgress(dependencies, input, result.rows);
  const rejects = result.rejects ? await recordRejects(dependencies, input.run, result.rejects) : undefined;
  const { seq, to, rows, notes } = rejectId === undefined ? result : { ...result, seq: input.seq, to: START };
  if (rejectId !== undefined) await markReplayed(dependencies, input.run, rejectId);
  return { seq, to, rows, notes, ...(rejects ? { rejects } : {}) };
}

/** A slice of rows that were rejected before is the one slice of its track. */
const onOwnTrack = (input: LoadInput, rejectId: string | undefined): LoadInput =>
  rejectId === undefined ? input : { ...input, lineage: 1, seq: 1 };

/** Who owns the target that was refused, when that connection was deleted: nobody is left to give the table back. */
export async function deletedOwner(store: MetadataStore, error: unknown): Promise<string | undefined> {
  const owner = isMillraceError(error, 'load.target_owned') ? error.facts?.['owner'] : undefined;
  return typeof owner === 'string' && (await store.wasDeleted(owner)) ? owner : undefined;
}

/** What of a slice and of its feed a load is told. */
export interface LoadFacts extends Pick<LoadRequest, 'track' | 'asOf'> {
  readonly feed: FeedPlan;
  readonly manifest: Pick<SliceManifest, 'from' | 'to' | 'boundary' | 'columns' | 'rows' | 'extractedAt'>;
}

export function loadRequest(
  input: Pick<LoadInput, 'run' | 'lineage' | 'seq' | 'slice' | 'refreshing' | 'last'>,
  { feed, manifest, track, asOf }: LoadFacts,
): Omit<LoadRequest, 'segments' | 'engine' | 'tempDir' | 'attempt' | 'keepRejects'> {
  const { run, lineage, seq, slice } = input;
  const shadow = shadowLoad(input, feed);
  return {
    connectionId: run.connectionId,
    stream: feed.stream.name,
    feed: feed.feed,
    epoch: run.epoch,
    run: run.number,
    ...{ track, lineage, seq, from: manifest.from, to: manifest.to },
    ...(manifest.boundary ? { boundary: manifest.boundary } : {}),
    manifestSha256: slice.sha256,
    mode: feed.mode,
    dedup: feed.dedup,
    deletes: feed.deletes,
    onDependents: feed.onDependents,
    rowPolicy: feed.rowPolicy,
    primaryKey: feed.primaryKey,
    uniqueKey: feed.uniqueKey,
    whole: feed.whole,
    asOf,
    ...(feed.cursor ? { cursorField: feed.cursor.field } : {}),
    target: feed.target,
    columns: manifest.columns,
    rows: manifest.rows.staged,
    extracted: manifest.rows.extracted,
    repeated: manifest.rows.repeated,
    filtered: manifest.rows.filtered,
    extractedAt: manifest.extractedAt,
    ...(feed.quarantine ? { quarantine: feed.quarantine } : {}),
    ...(shadow ? { shadow } : {}),
  };
}

/** Where rows of an earlier read give way to these, readers see none of them before all are there (I5). */
function shadowLoad(
  { refreshing, last: publish }: Pick<LoadInput, 'refreshing' | 'last'>,
  { mode, whole, window }: FeedPlan,
): ShadowLoad | undefined {
  if (whole || refreshing) return { publish, replace: refreshing };
  return window && mode === 'incremental_append' ? { publish, replace: false, window } : undefined;
}

/** I7: out of the transform = loaded + rejected + superseded. */
function checkCounts(rows: number, fate: Loaded['rows'], feed: string): void {
  const accounted = fate.loaded + fate.rejected + fate.superseded;
  if (accounted === rows) return;
  throw new MillraceError('load.count_mismatch', {
    detail: `${rows} rows of ${feed} went into the load, ${accounted} are accounted for.`,
    stream: feed,
  });
}

/** People watch this; it never decides anything, so a metadata database that is away for a moment stops no load. */
async function recordProgress({ store, log }: ActivityDependencies, input: LoadInput, rows: Loaded['rows']): Promise<void> {
  const { progress } = input;
  const { loaded, rejected, superseded } = progress.rows;
  const total = {
    ...progress.rows,
    loaded: loaded + rows.loaded,
    rejected: rejected + rows.rejected,
    superseded: superseded + rows.superseded,
  };
  await store.recordStreams(input.run.runId, [{ ...progress, rows: total }]).catch((error: unknown) => {
    log.warn('cannot record progress', { run: input.run.runId, cause: errorText(error) });
  });
}
