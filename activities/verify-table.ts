import type { Position } from '../checkpoint/position.js';
import type { AnyDestination, AnySource } from '../connectors/registry.js';
import type { HashShape, HashedRows, SourceHashRequest, SourceHashes, TargetHashes } from '../connectors/sdk/hashes.js';
import type { Field } from '../schema/types.js';
import { isKeyed } from '../schema/write-mode.js';
import type { Verification } from '../schema/verification.js';
import { type Comparison, compareCounts, compareHashes } from '../verify/compare.js';
import { changedSince } from '../verify/explain.js';
import { type CompareRule, tableRule } from '../verify/scope.js';
import { StagedHashedRows } from '../verify/staged-rows.js';
import { stageSource, stageTarget } from './verify-files.js';
import { type Rejected, absentRows, deviations, rejectedOf, withoutRejected } from './verify-rejects.js';
import { type VerifyWork, compareOptions, impossible, verificationOf } from './verify-work.js';

export const canHashBoth = (source: AnySource, destination: AnyDestination): boolean =>
  source.sourceHashes !== undefined && destination.targetHashes !== undefined;

/** What the source holds now against the target: by both servers in SQL where they can, else by DuckDB from files. */
export async function verifyTable(work: VerifyWork, position: Position): Promise<Verification> {
  const { feed, destination } = work;
  if (feed.sql !== undefined) impossible(work, 'its SQL changes the rows on their way', 'Use scope run.');
  const { connector, context } = destination;
  if (!connector.targetHashes) return impossible(work, `${connector.title} cannot be asked`);
  const { primaryKey } = feed;
  const rejected = await rejectedOf(work, { key: primaryKey });
  const { rule, notes } = keptRows(work, await ruleOf(work), rejected);
  const shape = { fields: feed.fields, key: primaryKey, by: rule.by };
  await using target = await connector.targetHashes(context, { ...shape, target: feed.target, rows: rule.targetRows });
  const held = heldFields(work, target);
  const table: Table = { rule, position, rejected, shape: { ...shape, fields: held.fields }, target };
  const { found, by } = await compareTable(work, table);
  const older = rule.extra === 'duplicates' ? ['rows that only the target holds are older versions and were not compared'] : [];
  const facts = { scope: 'table', rule, by, skippedColumns: held.skipped } as const;
  return verificationOf(work, found, { ...facts, notes: [...older, ...notes, ...rejected.notes] });
}

async function ruleOf({ feed, destination, input }: VerifyWork): Promise<CompareRule> {
  const { mode, whole, nullCursor, deletes, primaryKey } = feed;
  const facts = { mode, whole, nullCursor, deletes, hasKey: primaryKey.length > 0, runs: [] };
  if (mode !== 'full_refresh_append') return tableRule(facts);
  const { connector, context } = destination;
  const request = { connectionId: input.connectionId, feed: input.stream };
  const { lineage } = (await connector.fateOf?.(context, request)) ?? { lineage: 0 };
  return tableRule({ ...facts, runs: (await connector.runsOfRead?.(context, { ...request, lineage })) ?? [] });
}

/** Nobody can tell a row that is gone from one that was rejected, so a read with rejected rows deletes and ends nothing. */
export function keptRows(
  { feed }: VerifyWork,
  rule: CompareRule,
  { total }: Rejected,
): { readonly rule: CompareRule; readonly notes: readonly string[] } {
  if (total === 0 || !feed.whole || !isKeyed(feed.mode)) return { rule, notes: [] };
  const notes = [`rows that only the target holds are no error: none is deleted or ended while ${total} rows are rejected`];
  return { rule: { ...rule, extra: 'told' }, notes };
}

interface Table {
  readonly rule: CompareRule;
  readonly position: Position;
  readonly rejected: Rejected;
  readonly shape: HashShape;
  readonly target: TargetHashes;
}

function heldFields(work: VerifyWork, { types }: TargetHashes): { fields: readonly Field[]; skipped: readonly string[] } {
  const { fields, primaryKey } = work.feed;
  const missing = primaryKey.find((name) => types[name] === undefined);
  if (missing !== undefined) impossible(work, `the target has no column for its key field '${missing}'`);
  const isHeld = ({ name }: Field): boolean => types[name] !== undefined;
  return { fields: fields.filter(isHeld), skipped: fields.filter((field) => !isHeld(field)).map(({ name }) => name) };
}

type Found = { readonly found: Comparison; readonly by: Verification['by'] };

async function compareTable(work: VerifyWork, table: Table): Promise<Found> {
  const { source } = work;
  const request = sourceRequest(work, table);
  await using hashes = request && (await source.connector.sourceHashes?.(source.context, request));
  if (hashes) return { found: await compareInSql(work, table, hashes), by: 'sql' };
  return { found: await compareFiles(work, table), by: 'duckdb' };
}

async function compareInSql(work: VerifyWork, table: Table, source: SourceHashes): Promise<Comparison> {
  const { rule, shape, target, rejected } = table;
  if (work.input.method === 'count') return countRows(table, source, target);
  const isLoaded = rule.sourceRows === 'loaded';
  const fields = namesOf(shape);
  const explain = await deviations({
    ...{ rule, key: shape.key, fields, rejected, source, target, server: target },
    ...(isLoaded && rejected.rows?.hasVersions ? { current: (keys) => source.cursors(keys) } : {}),
    ...(isLoaded ? { others: [changedSince('extra_in_target', (keys) => source.changedSince(keys))] } : {}),
  });
  return compareHashes(source, target, compareOptions(work, { rule, fields, explain }));
}

async function countRows({ rejected, rule }: Table, source: HashedRows, target: HashedRows): Promise<Comparison> {
  const found = await compareCounts(source, target);
  if (found.differences.missing === 0 || rejected.total === 0) return found;
  return withoutRejected(found, rule.by === 'key' ? await absentRows(rejected, source, target) : rejected.total);
}

const namesOf = ({ fields }: HashShape): readonly string[] => fields.map(({ name }) => name);

/** Undefined when the source itself says how far it was read: no condition on its rows tells that. */
function sourceRequest(work: VerifyWork, { rule, position, shape, target }: Table): SourceHashRequest | undefined {
  const { stream, filter, cursor } = work.feed;
  const like = { form: target.form, types: target.types };
  const request = { ...shape, stream, like, ...(filter ? { filter } : {}) };
  if (rule.sourceRows === 'all') return request;
  if (position.kind !== 'cursor') return impossible(work, 'its first read has not ended yet');
  if (!cursor) return undefined;
  return { ...request, upTo: { field: cursor.field, value: position.cursor.value, nulls: rule.nullCursors } };
}

/** Both sides become Parquet in a folder of our own; DuckDB compares within its memory limit. */
async function compareFiles(work: VerifyWork, files: Table): Promise<Comparison> {
  const { rule, position, shape, rejected } = files;
  const { dependencies, feed, shell, tempDir, input } = work;
  if (rule.sourceRows === 'loaded' && feed.cursor)
    impossible(work, 'a column of the target prints its values in another way than the source', 'Use scope run.');
  const source = await stageSource(work, { fields: shape.fields, position });
  const target = await stageTarget(work, { fields: shape.fields, rows: rule.targetRows });
  const sides = {
    engine: dependencies.engine,
    tempDir,
    signal: shell.signal,
    key: shape.key,
    by: rule.by,
    fields: namesOf(shape),
  };
  const newest = isKeyed(feed.mode) ? { newest: { cursor: undefined } } : {};
  const wanted = new StagedHashedRows({ ...sides, segments: source, ...newest });
  const held = new StagedHashedRows({ ...sides, segments: target });
  if (input.method === 'count') return countRows(files, wanted, held);
  const sidesOf = { source: wanted, target: held, server: files.target };
  const explain = await deviations({ rule, key: shape.key, fields: sides.fields, rejected, ...sidesOf });
  return compareHashes(wanted, held, compareOptions(work, { rule, fields: sides.fields, explain }));
}
