import { samePosition } from '../checkpoint/position.js';
import type { LoadedSlice } from '../connectors/sdk/destination.js';
import { MillraceError } from '../platform/errors/error.js';
import { pathPart, runFolder } from '../stage/layout.js';
import type { SliceManifest } from '../stage/manifest.js';
import { readManifest } from '../stage/reader.js';
import type { Stage } from '../stage/store.js';
import type { Extracted, RunRef, StageRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import type { RunWork } from './draft.js';
import { addressOf } from './place.js';
import { type StagedSlice, openDestination, sessionOf } from './plan.js';
import { getDocument, putDocument } from './plan-store.js';
import type { Shell } from './shell.js';

/** What a run leaves in the stage when its files are kept: how to go on with them. */
export interface StagedRun {
  readonly format: 'millrace-run/1';
  readonly plan: StageRef;
  /** RFC 3339, UTC. */
  readonly endedAt: string;
  /** Slices that were staged and not loaded. */
  readonly pending: Readonly<Record<string, readonly Extracted[]>>;
}

/** The time of its end stands in the name as well, so that a folder's age can be told from a list. */
export async function keepRun(stage: Stage, run: RunRef, kept: Omit<StagedRun, 'format'>): Promise<StageRef> {
  const key = `${runFolder(addressOf(run))}/run-${Date.parse(kept.endedAt)}-${crypto.randomUUID()}.json`;
  return putDocument(stage, key, { format: 'millrace-run/1', ...kept } satisfies StagedRun);
}

/** When the run of a folder ended, in milliseconds; 0 when it is not known. */
export async function keptSince(stage: Stage, folder: string): Promise<number> {
  const ends = (await stage.list(folder)).map((name) => Number(/^run-(\d+)-/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...ends);
}

/** @throws MillraceError `run.not_staged` */
export async function stagedRun(stage: Stage, ref: StageRef): Promise<StagedRun> {
  return getDocument<StagedRun>(stage, ref).catch(() => {
    throw new MillraceError('run.not_staged', { detail: 'The staged files of the run are gone.' });
  });
}

export type SlicesByFeed = Readonly<Record<string, readonly StagedSlice[]>>;

export async function pendingSlices(stage: Stage, { pending }: StagedRun): Promise<SlicesByFeed> {
  const feeds = Object.entries(pending).map(async ([feed, slices]) => [
    feed,
    await Promise.all(slices.map((slice) => pendingSlice(stage, slice))),
  ]);
  return Object.fromEntries(await Promise.all(feeds)) as SlicesByFeed;
}

async function pendingSlice(stage: Stage, extracted: Extracted): Promise<StagedSlice> {
  if (!extracted.slice) throw new MillraceError('engine.internal', { detail: 'A pending slice has no manifest.' });
  const { slice: seq, from } = await readManifest(stage, extracted.slice);
  return { ...extracted, seq, from };
}

/**
 * The slices that a run loaded, found in the stage by the digests that the ledger holds: only what was loaded counts.
 * @throws MillraceError `run.not_staged` when one of them is gone
 */
export async function loadedSlices(
  shell: Shell,
  dependencies: ActivityDependencies,
  { input, connection, run }: RunWork & { readonly run: number },
): Promise<SlicesByFeed> {
  const { connector, context } = await openDestination(
    shell,
    dependencies,
    connection.destination,
    sessionOf(input.run, '', shell.attempt),
  );
  const loaded = await connector.slicesOfRun(context, connection.id, run);
  if (loaded.length === 0) throw new MillraceError('run.not_staged', { detail: `Run ${run} has loaded nothing.` });
  const found: Record<string, StagedSlice[]> = {};
  for (const slice of loaded) {
    const slices = (found[slice.feed] ??= []);
    slices.push(await findSlice(dependencies.stage, { ...addressOf(input.run), run }, slice, slices.length + 1));
  }
  for (const slices of Object.values(found)) markLast(slices);
  return found;
}

/**
 * Manifests of the slices of one feed that a run loaded.
 * @throws MillraceError `run.not_staged` when one of them is gone
 */
export async function loadedManifests(
  stage: Stage,
  address: { readonly workspaceId: string; readonly connectionId: string; readonly run: number },
  slices: readonly LoadedSlice[],
): Promise<readonly SliceManifest[]> {
  const manifests: SliceManifest[] = [];
  for (const slice of slices) {
    const { slice: ref } = await findSlice(stage, address, slice, 0);
    if (ref) manifests.push(await readManifest(stage, ref));
  }
  return manifests;
}

async function findSlice(
  stage: Stage,
  address: { readonly workspaceId: string; readonly connectionId: string; readonly run: number },
  { feed, seq, manifestSha256 }: LoadedSlice,
  replaySeq: number,
): Promise<StagedSlice> {
  const folder = `${runFolder(address)}/${pathPart(feed)}`;
  for (const name of await stage.list(folder)) {
    if (!name.startsWith(`${seq}.`)) continue;
    const ref = { manifest: `${folder}/${name}/manifest.json`, sha256: manifestSha256 };
    const manifest = await readManifest(stage, ref).catch(() => undefined);
    if (manifest) return stagedSlice(manifest, ref, replaySeq);
  }
  throw new MillraceError('run.not_staged', { detail: `Slice ${seq} of ${feed} is not in the stage any more.` });
}

function stagedSlice(manifest: SliceManifest, ref: { manifest: string; sha256: string }, seq: number): StagedSlice {
  const { extracted, repeated, staged } = manifest.rows;
  const bytes = manifest.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  return {
    seq,
    from: manifest.from,
    slice: { ...ref, rows: staged, bytes },
    to: manifest.to,
    done: false,
    rows: { extracted, repeated },
    bytes,
  };
}

/** A full read that ended in the middle is not published: its last slice is not the last of the read. */
function markLast(slices: StagedSlice[]): void {
  const last = slices.pop();
  if (last) slices.push({ ...last, done: last.to.kind !== 'scan' });
}

/** The slice that follows a place, if one is staged. */
export function nextStaged(
  slices: readonly StagedSlice[],
  place: { readonly seq: number; readonly position: StagedSlice['from'] },
): Extracted | undefined {
  const found = slices.find(({ seq, from }) => seq === place.seq + 1 && samePosition(from, place.position));
  if (!found) return undefined;
  const { seq: _seq, from: _from, ...extracted } = found;
  return extracted;
}
