import type { TargetHashes } from '../connectors/sdk/hashes.js';
import type { LoadedSlice, SegmentFile, StagedColumn } from '../connectors/sdk/destination.js';
import { MillraceError } from '../platform/errors/error.js';
import type { Verification } from '../schema/verification.js';
import { isKeyed } from '../schema/write-mode.js';
import type { SliceManifest } from '../stage/manifest.js';
import { openSegments } from '../stage/reader.js';
import { type Comparison, compareHashes, countsOf } from '../verify/compare.js';
import { byNumber as byNumberOf, changedSince } from '../verify/explain.js';
import { type CompareRule, runRule, tableRule } from '../verify/scope.js';
import { StagedHashedRows } from '../verify/staged-rows.js';
import { loadedManifests } from './staged-run.js';
import { stageTarget } from './verify-files.js';
import { type Rejected, deviations, rejectedOf, withoutRejected } from './verify-rejects.js';
import { keptRows } from './verify-table.js';
import { type VerifyWork, compareOptions, impossible, verificationOf } from './verify-work.js';

/**
 * What one run had staged against the rows that it loaded, while its staged files are there.
 * @throws MillraceError `run.not_staged`, `verify.not_possible`
 */
export async function verifyRun(work: VerifyWork, run: number): Promise<Verification> {
  return (await compareRun(work, run)).found;
}

/** The same; `complete` when that run alone read all that the target holds. */
export async function compareRun(
  work: VerifyWork,
  run: number,
): Promise<{ readonly found: Verification; readonly complete: boolean }> {
  const { feed, destination, input } = work;
  const { connector, context } = destination;
  const { mode, primaryKey } = feed;
  const slices = await slicesOf(work, run);
  const { workspaceId, connectionId } = input;
  const manifests = await loadedManifests(work.dependencies.stage, { workspaceId, connectionId, run }, slices);
  const columns = columnsOf(manifests).map(asMade(work));
  const hasKey = primaryKey.length > 0 && primaryKey.every((name) => columns.some((column) => column.name === name));
  const read = await wholeRead(work, { run, slices, hasKey });
  const loaded = read?.rule ?? runRule({ mode, hasKey }, run);
  if (!loaded) return impossible(work, `in ${mode} a run does not write every row that it read`, 'Use scope table.');
  if (!connector.targetHashes) return impossible(work, `${connector.title} cannot be asked`);
  const key = hasKey ? primaryKey : [];
  const rejected = await rejectedOf(work, { key, run });
  const { rule, notes: kept } = keptRows(work, loaded, rejected);
  const request = { fields: columns, key, by: rule.by, target: feed.target, rows: rule.targetRows };
  await using target = await connector.targetHashes(context, request);
  const held = columns.filter(({ name }) => target.types[name] !== undefined);
  const compared = input.method === 'hash' ? held : held.filter(isKey(key));
  const staged: StagedSide = { rule, manifests, key, columns: compared, target, rejected, partly: read?.complete === false };
  const { found, unclear } = await (byNumber(work, rule) ? compareNumbers(staged) : compareTwice(work, staged));
  const skipped = columns.filter((column) => !held.includes(column) || unclear.includes(column));
  const own = unclear.map(({ name }) => `the destination writes ${name} in its own way, so that it could not be compared`);
  const facts = { scope: 'run', rule, by: 'duckdb', skippedColumns: skipped.map(({ name }) => name) } as const;
  const verification = verificationOf(work, found, { ...facts, notes: [...own, ...kept, ...rejected.notes] });
  return { found: verification, complete: read?.complete ?? slices[0]?.seq === 1 };
}

interface RunSlices {
  readonly run: number;
  readonly slices: readonly LoadedSlice[];
  readonly hasKey: boolean;
}

/**
 * Rows that had not changed keep the number of an older run wherever only what differs is written. So the newest whole read is
 * compared with all that the target holds of it; what an earlier run staged of the same read is not there any more.
 */
async function wholeRead(
  { feed, destination, input }: VerifyWork,
  { run, slices, hasKey }: RunSlices,
): Promise<{ readonly rule: CompareRule; readonly complete: boolean } | undefined> {
  if (!feed.whole) return undefined;
  const { connector, context } = destination;
  const fate = await connector.fateOf?.(context, { connectionId: input.connectionId, feed: input.stream, run });
  if (slices.at(-1)?.lineage !== fate?.lineage) return undefined;
  const { mode, whole, nullCursor, deletes } = feed;
  const rule = tableRule({ mode, whole, nullCursor, deletes, hasKey, runs: [run] });
  const complete = slices[0]?.seq === 1;
  return complete || rule.by === 'key' ? { rule, complete } : undefined;
}

interface StagedComparison {
  readonly found: Comparison;
  /** Columns that were left out because their texts may mean the same. */
  readonly unclear: readonly StagedColumn[];
}

interface StagedSide {
  readonly rule: CompareRule;
  readonly manifests: readonly SliceManifest[];
  readonly key: readonly string[];
  readonly columns: readonly StagedColumn[];
  readonly target: TargetHashes;
  readonly rejected: Rejected;
  /** An earlier run staged the rest. */
  readonly partly: boolean;
}

const isKey =
  (key: readonly string[]) =>
  ({ name }: StagedColumn): boolean =>
    key.includes(name);

/** A merge keeps one row of several: only their keys tell how many there must be. */
const byNumber = ({ input, feed }: VerifyWork, { by }: CompareRule): boolean =>
  input.method === 'count' && (by === 'row' || !isKeyed(feed.mode) || (feed.whole && feed.uniqueKey));

/** JSON that SQL has made need not be written as a `jsonb` prints it. */
const asMade =
  ({ feed }: VerifyWork) =>
  (column: StagedColumn): StagedColumn => {
    const { native: _native, ...rest } = column;
    return feed.sql !== undefined && column.stage === 'JSON' ? rest : column;
  };

/** SQL may have made text of a type that only the destination knows, such as '1 days' of an interval that prints as '1 day'. */
const mayPrintAnew =
  ({ feed }: VerifyWork) =>
  ({ type, stage }: StagedColumn): boolean =>
    feed.sql !== undefined && stage === 'VARCHAR' && (type === 'opaque' || type === 'numeric');

/** The newest slice knows of columns that came while the run went on. */
const columnsOf = (manifests: readonly SliceManifest[]): readonly StagedColumn[] => manifests.at(-1)?.columns ?? [];

/** Of a read that began anew within the run only what was read last counts. */
async function slicesOf({ destination, input, feed: { whole } }: VerifyWork, run: number): Promise<readonly LoadedSlice[]> {
  const { connectionId, stream } = input;
  const slices = await destination.connector.slicesOfRun(destination.context, connectionId, run);
  const own = slices.filter(({ feed }) => feed === stream);
  if (own.length === 0) throw new MillraceError('run.not_staged', { detail: `Run ${run} has loaded nothing of ${stream}.` });
  return whole ? own.filter(({ lineage }) => lineage === own.at(-1)?.lineage) : own;
}

async function compareNumbers({ manifests, target, rejected, partly }: StagedSide): Promise<StagedComparison> {
  const staged = manifests.reduce((sum, { rows }) => sum + rows.staged, 0);
  const found = withoutRejected(countsOf(staged, await target.count()), rejected.total);
  const differences = partly ? { ...found.differences, extra: 0 } : found.differences;
  return { found: { ...found, differences }, unclear: [] };
}

/** First all columns; where they differ, once more without those whose text alone says little. */
async function compareTwice(work: VerifyWork, staged: StagedSide): Promise<StagedComparison> {
  const source = await segmentsOf(work, staged.manifests);
  const held = await stageTarget(work, { fields: staged.columns, rows: staged.rule.targetRows });
  const found = await compareStaged(work, staged, { source, held });
  const unclear = staged.columns.filter(mayPrintAnew(work)).filter(({ name }) => !staged.key.includes(name));
  const { missing, extra, different } = found.differences;
  if (unclear.length === 0 || missing + extra + different === 0) return { found, unclear: [] };
  const columns = staged.columns.filter((column) => !unclear.includes(column));
  return { found: await compareStaged(work, { ...staged, columns }, { source, held }), unclear };
}

interface StagedFiles {
  readonly source: readonly SegmentFile[];
  readonly held: readonly SegmentFile[];
}

async function compareStaged(
  work: VerifyWork,
  { rule, key, columns, target: server, rejected, partly }: StagedSide,
  { source, held }: StagedFiles,
): Promise<Comparison> {
  const { dependencies, feed, shell, tempDir } = work;
  const fields = columns.map(({ name }) => name);
  const sides = { engine: dependencies.engine, tempDir, signal: shell.signal, key, by: rule.by, fields };
  const merges = isKeyed(feed.mode);
  const cursor = merges && !feed.whole && feed.dedup === 'newest_wins' ? feed.cursor?.field : undefined;
  const wanted = new StagedHashedRows({ ...sides, segments: source, ...(merges ? { newest: { cursor } } : {}) });
  const target = new StagedHashedRows({ ...sides, segments: held });
  const newer = merges ? [changedSince('missing_in_target', (keys) => server.otherRuns(keys))] : [];
  const others = [...newer, ...(partly ? [byNumberOf('extra_in_target', undefined, Infinity)] : [])];
  const explain = await deviations({ ...{ rule, key, fields, rejected, source: wanted, target, server }, others });
  return compareHashes(wanted, target, compareOptions(work, { rule, fields, explain }));
}

async function segmentsOf(work: VerifyWork, manifests: readonly SliceManifest[]): Promise<readonly SegmentFile[]> {
  const segments: SegmentFile[] = [];
  for (const manifest of manifests) segments.push(...(await openSegments(work.dependencies.stage, manifest, work.tempDir)));
  if (segments.some(({ format }) => format !== 'parquet'))
    impossible(work, "its rows travelled in the servers' own format, which only they can read", 'Use scope table.');
  return segments.map((segment) => ({ ...segment, columns: segment.columns.map(asMade(work)) }));
}
