import type { HashedRows, RowKey, TargetHashes } from '../connectors/sdk/hashes.js';
import type { SegmentFile, SliceFate } from '../connectors/sdk/destination.js';
import { openSegments, readManifest } from '../stage/reader.js';
import type { Comparison } from '../verify/compare.js';
import { type Explain, byNumber, inTurn, repairedRows, repairedValues } from '../verify/explain.js';
import { keyText } from '../verify/judge.js';
import { type Cursors, RejectedRows, rejectedByKey } from '../verify/rejected-rows.js';
import type { CompareRule } from '../verify/scope.js';
import { rejectDigest } from './rejects.js';
import type { VerifyWork } from './verify-work.js';

/** What is known of rows that the row policy kept aside. */
export interface Rejected {
  /** Those whose keys are known. */
  readonly rows: RejectedRows | undefined;
  /** How many others there are. */
  readonly unread: number;
  readonly total: number;
  readonly notes: readonly string[];
}

interface RejectedOptions {
  readonly key: readonly string[];
  /** Only of this run. */
  readonly run?: number;
}

/** Rejected rows that were not loaded again since, by what the ledger says; their keys are read from the stage. */
export async function rejectedOf(work: VerifyWork, { key, run }: RejectedOptions): Promise<Rejected> {
  const { destination, dependencies, input, feed, shell } = work;
  const request = { connectionId: input.connectionId, feed: input.stream, ...(run === undefined ? {} : { run }) };
  const fate = await destination.connector.fateOf?.(destination.context, request);
  const slices = notReplayed(work, fate?.slices ?? []);
  const read = await Promise.all(slices.map((slice) => segmentsOf(work, slice, key)));
  const segments = read.flatMap((found) => found ?? []);
  const total = sumOf(slices);
  const unread = sumOf(slices.filter((_, index) => read[index] === undefined));
  const cursor = feed.cursor && COMPARABLE_TEXT.has(feed.cursor.type) ? { cursor: feed.cursor.field } : {};
  const options = { engine: dependencies.engine, segments, key, ...cursor, signal: shell.signal };
  return { rows: segments.length > 0 ? new RejectedRows(options) : undefined, unread, total, notes: unreadNotes(key, unread) };
}

const sumOf = (slices: readonly SliceFate[]): number => slices.reduce((sum, { rejected }) => sum + rejected, 0);

/** Cursors that a source and DuckDB print alike. */
const COMPARABLE_TEXT: ReadonlySet<string> = new Set(['int', 'timestamptz', 'timestamp', 'date', 'string']);

/** What was rejected once more is a reject of its own. */
function notReplayed({ input }: VerifyWork, slices: readonly SliceFate[]): readonly SliceFate[] {
  const replays = slices.flatMap(({ track }) => (track.startsWith('rejects/') ? [track] : []));
  const isReplayed = (slice: SliceFate): boolean => {
    const digest = rejectDigest(input.connectionId, input.stream, slice);
    return replays.some((track) => track.endsWith(digest));
  };
  return slices.filter((slice) => slice.rejected > 0 && !isReplayed(slice));
}

/** Undefined when the keys of these rows cannot be told. */
async function segmentsOf(
  { dependencies, shell, tempDir }: VerifyWork,
  { rejects }: SliceFate,
  key: readonly string[],
): Promise<readonly SegmentFile[] | undefined> {
  if (!rejects || key.length === 0) return undefined;
  try {
    const manifest = await readManifest(dependencies.stage, rejects);
    const hasKey = key.every((name) => manifest.columns.some((column) => column.name === name));
    return hasKey ? await openSegments(dependencies.stage, manifest, tempDir) : undefined;
  } catch {
    shell.signal.throwIfAborted();
    return undefined;
  }
}

function unreadNotes(key: readonly string[], unread: number): readonly string[] {
  if (unread === 0) return [];
  const why = key.length === 0 ? 'have no key' : 'cannot be read any more';
  return [`${unread} rejected rows ${why}: as many missing rows count as rejected, whichever they are`];
}

export interface Deviations {
  readonly rule: CompareRule;
  readonly key: readonly string[];
  /** Names of the hashed fields, in their order. */
  readonly fields: readonly string[];
  readonly rejected: Rejected;
  readonly source: HashedRows;
  readonly target: HashedRows;
  /** The server that knows which rows say of themselves that they were repaired. */
  readonly server: TargetHashes;
  readonly current?: Cursors;
  /** Explains what is neither rejected nor repaired. */
  readonly others?: readonly Explain[];
}

/** What the row policy has done to rows is known, and no error; any other difference is one. */
export async function deviations({ rejected, current, others = [], ...rest }: Deviations): Promise<Explain> {
  return inTurn(
    ...(rejected.rows ? [rejectedByKey(rejected.rows, current)] : []),
    ...others,
    ...(await repairs(rest)),
    byNumber('missing_in_target', 'rejected', rejected.unread),
  );
}

async function repairs({
  rule,
  key,
  fields,
  source,
  target,
  server,
}: Omit<Deviations, 'rejected' | 'current' | 'others'>): Promise<readonly Explain[]> {
  if (rule.by === 'key') return [repairedValues(server)];
  if (key.length > 0) return [repairedRows({ source, target, repairs: (keys) => server.repairs(keys), fields })];
  const rows = await server.repairedRows();
  const extra = rule.extra === 'difference' ? [byNumber('extra_in_target', undefined, rows)] : [];
  return [byNumber('missing_in_target', 'repaired', rows), ...extra];
}

/** Missing rows of a mere count that are missing because they were rejected. */
export function withoutRejected(found: Comparison, rejected: number): Comparison {
  const known = Math.min(found.differences.missing, rejected);
  const differences = { ...found.differences, missing: found.differences.missing - known, rejected: known };
  return { ...found, differences };
}

/** How many rejected rows the source holds and the target does not: an older version of a row is a row. */
export async function absentRows({ rows, unread }: Rejected, source: HashedRows, target: HashedRows): Promise<number> {
  let absent = unread;
  for await (const keys of rows?.pages() ?? []) {
    const [wanted, held] = await Promise.all([keysIn(source, keys), keysIn(target, keys)]);
    absent += [...wanted].filter((key) => !held.has(key)).length;
  }
  return absent;
}

async function keysIn(rows: HashedRows, keys: readonly RowKey[]): Promise<ReadonlySet<string>> {
  return new Set((await rows.rowsOf(keys)).map(({ key }) => keyText(key)));
}
