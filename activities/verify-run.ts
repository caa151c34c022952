import type { TargetHashes } from '../connectors/sdk/hashes.js';
import type { SegmentFile, StagedColumn } from '../connectors/sdk/types.js';
import { MillraceError } from '../platform/errors/error.js';
import type { Verification } from '../schema/verification.js';
import type { SliceManifest } from '../stage/manifest.js';
import { openSegments } from '../stage/reader.js';
import { type Comparison, compareHashes, countsOf } from '../verify/compare.js';
import { type CompareRule, runRule } from '../verify/scope.js';
import { StagedHashedRows } from '../verify/staged-rows.js';
import { loadedManifests } from './staged-run.js';
import { stageTarget } from './verify-files.js';
import { type VerifyWork, compareOptions, impossible, verificationOf } from './verify-work.js';

/**
 * What one run had staged against the rows that it loaded, while its staged files are there.
 * @throws MillraceError `run.not_staged`, `verify.not_possible`
 */
export async function verifyRun(work: VerifyWork, run: number): Promise<Verification> {
  const { feed, destination, input } = work;
  const { connector, context } = destination;
  const { mode, primaryKey } = feed;
  const manifests = await manifestsOf(work, run);
  const columns = columnsOf(manifests).map(asMade(work));
  const hasKey = primaryKey.length > 0 && primaryKey.every((name) => columns.some((column) => column.name === name));
  const rule = runRule({ mode, hasKey }, run);
  if (!rule) return impossible(work, `in ${mode} a run does not write every row that it read`, 'Use scope table.');
  if (!connector.targetHashes) return impossible(work, `${connector.title} cannot be asked`);
  const key = hasKey ? primaryKey : [];
  const request = { fields: columns, key, by: rule.by, target: feed.target, rows: rule.targetRows };
  await using target = await connector.targetHashes(context, request);
  const held = columns.filter(({ name }) => target.types[name] !== undefined);
  const staged: StagedSide = { rule, manifests, key, columns: input.method === 'hash' ? held : held.filter(isKey(key)), target };
  const { found, unclear } = await (byNumber(work, rule) ? compareNumbers(staged) : compareTwice(work, staged));
  const skipped = columns.filter((column) => !held.includes(column) || unclear.includes(column));
  const notes = unclear.map(({ name }) => `the destination writes ${name} in its own way, so that it could not be compared`);
  return verificationOf(work, found, {
    scope: 'run',
    rule,
    by: 'duckdb',
    skippedColumns: skipped.map(({ name }) => name),
    notes,
  });
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
}

const isKey =
  (key: readonly string[]) =>
  ({ name }: StagedColumn): boolean =>
    key.includes(name);

/** A merge keeps one row of several: only their keys tell how many there must be. */
const byNumber = ({ input, feed }: VerifyWork, { by }: CompareRule): boolean =>
  input.method === 'count' && !(feed.mode === 'incremental_deduped' && by === 'key');

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

async function manifestsOf({ destination, dependencies, input }: VerifyWork, run: number): Promise<readonly SliceManifest[]> {
  const { workspaceId, connectionId, stream } = input;
  const slices = await destination.connector.slicesOfRun(destination.context, connectionId, run);
  const own = slices.filter(({ feed }) => feed === stream);
  if (own.length === 0) throw new MillraceError('run.not_staged', { detail: `Run ${run} has loaded nothing of ${stream}.` });
  return loadedManifests(dependencies.stage, { workspaceId, connectionId, run }, own);
}

async function compareNumbers({ manifests, target }: StagedSide): Promise<StagedComparison> {
  const staged = manifests.reduce((sum, { rows }) => sum + rows.staged, 0);
  return { found: countsOf(staged, await target.count()), unclear: [] };
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
  { rule, key, columns, target }: StagedSide,
  { source, held }: StagedFiles,
): Promise<Comparison> {
  const { dependencies, feed, shell, tempDir } = work;
  const fields = columns.map(({ name }) => name);
  const sides = { engine: dependencies.engine, tempDir, signal: shell.signal, key, by: rule.by, fields };
  const merges = feed.mode === 'incremental_deduped';
  const cursor = merges && feed.dedup === 'newest_wins' ? feed.cursor?.field : undefined;
  const wanted = new StagedHashedRows({ ...sides, segments: source, ...(merges ? { newest: { cursor } } : {}) });
  const explain = merges ? { missing: (keys: Parameters<TargetHashes['otherRuns']>[0]) => target.otherRuns(keys) } : {};
  return compareHashes(
    wanted,
    new StagedHashedRows({ ...sides, segments: held }),
    compareOptions(work, { rule, fields, explain }),
  );
}

async function segmentsOf(work: VerifyWork, manifests: readonly SliceManifest[]): Promise<readonly SegmentFile[]> {
  const segments: SegmentFile[] = [];
  for (const manifest of manifests) segments.push(...(await openSegments(work.dependencies.stage, manifest)));
  if (segments.some(({ format }) => format !== 'parquet'))
    impossible(work, "its rows travelled in the servers' own format, which only they can read", 'Use scope table.');
  return segments.map((segment) => ({ ...segment, columns: segment.columns.map(asMade(work)) }));
}
