import { join } from 'node:path';
import { type BoundaryStore, boundaryPath } from '../checkpoint/boundary-store.js';
import type { BoundarySet } from '../checkpoint/position.js';
import { takenBefore } from '../checkpoint/slice-end.js';
import type { ReadRequest } from '../connectors/sdk/types.js';
import type { ConnectionEnds } from '../platform/db/store.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import { cursorDistance } from '../schema/cursor-distance.js';
import { boundaryFolder, sliceFolder } from '../stage/layout.js';
import { rowsFile } from '../stage/rows.js';
import { SliceWriter } from '../stage/writer.js';
import { isKeyed } from '../schema/write-mode.js';
import { type SliceRead, closeSlice, readFrom } from './close-slice.js';
import type { ExtractInput, Extracted, Place } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { distancesOf } from './distances.js';
import { type FeedPlan, type RunPlan, openSource, requireFeed, sessionOf } from './plan.js';
import { getDocument, getPlan } from './plan-store.js';
import { type BoundaryDocument, addressOf } from './place.js';
import { inStep, sayExtracted } from './run-log.js';
import type { Shell } from './shell.js';
import { nextStaged } from './staged-run.js';

/** However narrow the rows are: a slice must be small enough to be read again after a crash. */
const SLICE_ROWS = 1_000_000;
/** Nothing can be loaded before a slice is there: the first is small, and none takes much longer than the load of the one before. */
const FIRST_SLICE_SHARE = 1 / 4;
const SLICE_GROWTH = 1.5;
/** Rows that go through as they are take as long to extract as to load: the load would wait for much larger slices. */
const NATIVE_GROWTH = 1.25;

export type LoadEnds = () => Promise<ConnectionEnds>;

/** Reads one slice from the feed's place on and stages it. */
export function createExtract(dependencies: ActivityDependencies) {
  return (input: ExtractInput): Promise<Extracted> =>
    inStep(dependencies, { run: input.run, step: 'extract', stream: input.feed }, async (shell, say) => {
      const extracted = await extractSlice(shell, dependencies, input);
      sayExtracted(say, input.place.seq + 1, extracted);
      return extracted;
    });
}

/** @param loadEnds where several slices of a connection are read, so that its ends are asked for once */
export async function extractSlice(
  shell: Shell,
  dependencies: ActivityDependencies,
  input: ExtractInput,
  loadEnds: LoadEnds = () => dependencies.store.loadEnds(input.run.connectionId),
): Promise<Extracted> {
  const plan = await getPlan(dependencies.stage, input.plan);
  const staged = nextStaged(requireFeed(plan, input.feed).staged ?? [], input.place);
  if (staged) return staged;
  return plan.source ? readSlice(shell, dependencies, { input, plan, loadEnds }) : { ...nothing(input), ...unfinished(input) };
}

/** Without the source a read that is in the middle cannot be brought to its end. */
function unfinished({ place }: ExtractInput): { readonly delayed?: string } {
  return place.position.kind === 'scan' || place.refreshing ? { delayed: 'the rest of the stream waits for the source' } : {};
}

async function readSlice(
  shell: Shell,
  dependencies: ActivityDependencies,
  { input, plan, loadEnds }: { readonly input: ExtractInput; readonly plan: RunPlan; readonly loadEnds: LoadEnds },
): Promise<Extracted> {
  const { stage, engine } = dependencies;
  const feed = requireFeed(plan, input.feed);
  const connection = await loadEnds();
  const { connector, context } = await openSource(
    shell,
    dependencies,
    connection.source,
    sessionOf(input.run, input.feed, shell.attempt),
  );
  await using temp = await stage.tempDir();
  const address = { ...addressOf(input.run), feed: input.feed, slice: input.place.seq + 1 };
  const boundaries: BoundaryStore = { engine, stage, tempDir: temp.path, folder: boundaryFolder(address), signal: shell.signal };
  const held = await heldBoundary(boundaries, input, feed);
  const read: SliceRead = { input, feed, folder: sliceFolder(address, 'extract'), held, boundaries };
  const writer = new SliceWriter({
    ...{
      stage,
      engine,
      tempDir: temp.path,
      folder: read.folder,
      stream: feed.stream.name,
      fields: feed.fields,
      signal: shell.signal,
    },
    taken: await takenBefore(readFrom(read)),
  });
  let said: Pick<Extracted, 'delayed' | 'unproven'> = {};
  let batches = 0;
  const request = { ...readRequest(input, feed, temp.path), sliceBytes: sliceBytes(dependencies, input.place, feed) };
  const events = feed.window ? connector.readWindow?.(context, request, feed.window) : connector.read(context, request);
  for await (const event of events ?? []) {
    if (event.kind === 'delayed') said = { ...said, delayed: event.reason };
    else if (event.kind === 'unproven') said = { ...said, unproven: acceptUnproven(feed, event.reason) };
    else if (event.kind === 'file') await writer.add(event);
    else if (event.kind === 'rows')
      await writer.add(await rowsFile(event, feed.fields, join(temp.path, `rows-${batches++}.jsonl`)));
    else return { ...(await closeSlice(read, writer.finish(), event)), ...said };
    shell.progress({ step: 'extract', stream: input.feed, slice: address.slice, rows: writer.finish().extracted });
  }
  return { ...nothing(input), ...said };
}

function sliceBytes(dependencies: ActivityDependencies, { seq }: Place, { native }: FeedPlan): number {
  const growth = native === undefined ? SLICE_GROWTH : NATIVE_GROWTH;
  return Math.ceil(dependencies.sliceBytes * Math.min(1, FIRST_SLICE_SHARE * growth ** seq));
}

const nothing = (input: ExtractInput): Extracted => ({
  slice: null,
  to: input.place.position,
  done: true,
  rows: { extracted: 0, repeated: 0 },
  bytes: 0,
  ...boundaryOf(input),
});

const boundaryOf = (input: ExtractInput) => (input.place.boundary ? { boundary: input.place.boundary } : {});

/** What a feed asks of its source from a place on. */
export function readRequest(
  { place }: { readonly place: Pick<Place, 'position'> },
  feed: FeedPlan,
  tempDir: string,
): Omit<ReadRequest, 'sliceBytes'> {
  return {
    stream: feed.stream,
    fields: feed.fields,
    sync: feed.whole ? 'full' : 'incremental',
    primaryKey: feed.primaryKey,
    ...(feed.cursor ? { cursorField: feed.cursor.field } : {}),
    nullCursor: feed.nullCursor,
    rereadNullCursor: isKeyed(feed.mode),
    settleMs: feed.settleMs,
    ...(feed.filter ? { filter: feed.filter } : {}),
    ...distancesOf(feed, place),
    position: place.position,
    sliceRows: SLICE_ROWS,
    tempDir,
    ...(feed.native === undefined ? {} : { native: feed.native }),
  };
}

/**
 * Rows that are appended cannot be corrected later, so they are read on an unproven bound only if somebody said so (I4).
 * @throws MillraceError `source.bound_unproven`
 */
export function acceptUnproven(feed: FeedPlan, reason: string): string {
  const said = feed.mode !== 'incremental_append' || feed.unprovenBound === 'accept' || cursorDistance(feed.holdBack);
  if (said) return reason;
  throw new MillraceError('source.bound_unproven', { detail: `${feed.feed}: ${reason}.`, stream: feed.feed });
}

/** @throws MillraceError `source.boundary_lost` where going on without the set would load rows twice */
async function heldBoundary(boundaries: BoundaryStore, input: ExtractInput, feed: FeedPlan): Promise<BoundarySet | undefined> {
  const { boundary, position } = input.place;
  const held = boundary && (await getDocument<BoundaryDocument>(boundaries.stage, boundary)).boundary;
  const expected = position.kind === 'cursor' && position.cursor.boundary !== undefined;
  const lost = held ? !hasFields(feed, held) || (await isFileLost(boundaries, held)) : expected;
  if (!lost) return held;
  if (isKeyed(feed.mode)) return undefined;
  throw new MillraceError('source.boundary_lost', {
    detail: `${feed.feed}: the rows already taken at the last cursor value cannot be told from new ones.`,
    stream: feed.feed,
  });
}

const hasFields = ({ fields }: FeedPlan, held: BoundarySet): boolean =>
  held.fields.every(({ name }) => fields.some((field) => field.name === name));

async function isFileLost(boundaries: BoundaryStore, held: BoundarySet): Promise<boolean> {
  try {
    await boundaryPath(boundaries, held);
    return false;
  } catch (error) {
    if (isMillraceError(error, 'stage.corrupt')) return true;
    throw error;
  }
}
