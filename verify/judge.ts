import type { RowHash } from '../connectors/sdk/hashes.js';
import type { Difference } from '../schema/verification.js';
import type { CompareRule } from './scope.js';

/** Rows of both sides that have the same hash of their key, or of the whole row. */
export interface HashGroup {
  readonly source: readonly RowHash[];
  readonly target: readonly RowHash[];
}

export interface JudgeOptions {
  readonly rule: Pick<CompareRule, 'by' | 'extra'>;
  /** Names of the hashed fields, in their order. */
  readonly fields: readonly string[];
}

/** What differs among rows that belong together. Pure. */
export function judge(group: HashGroup, options: JudgeOptions): readonly Difference[] {
  return options.rule.by === 'row' ? judgeCounts(group, options.rule.extra) : judgeKeys(group, options.fields);
}

function judgeCounts({ source, target }: HashGroup, extra: CompareRule['extra']): readonly Difference[] {
  const [wanted, held] = [rowsOf(source), rowsOf(target)];
  const more = Math.abs(wanted - held);
  if (more === 0 || (wanted === 0 && extra === 'duplicates')) return [];
  const [row] = wanted > held ? source : target;
  if (!row) return [];
  const kind = wanted > held ? 'missing_in_target' : 'extra_in_target';
  const rowHash = BigInt.asUintN(64, row.hash).toString(16).padStart(16, '0');
  return [{ kind, key: row.key, rowHash, ...(more > 1 ? { rows: more } : {}) }];
}

const rowsOf = (rows: readonly RowHash[]): number => rows.reduce((sum, row) => sum + row.rows, 0);

/** Two keys may share a hash; one key may have several rows where it is none. */
function judgeKeys({ source, target }: HashGroup, fields: readonly string[]): readonly Difference[] {
  const sides = new Map<string, { source: RowHash[]; target: RowHash[] }>();
  const side = (row: RowHash) => {
    const id = keyText(row.key);
    const found = sides.get(id) ?? { source: [], target: [] };
    sides.set(id, found);
    return found;
  };
  for (const row of source) side(row).source.push(row);
  for (const row of target) side(row).target.push(row);
  return [...sides.values()].flatMap((same) => judgeKey(same, fields));
}

export const keyText = (key: RowHash['key']): string => JSON.stringify(key);

function judgeKey(same: { source: RowHash[]; target: RowHash[] }, fields: readonly string[]): readonly Difference[] {
  const { source, target } = withoutEqual(same);
  const pairs = Math.min(source.length, target.length);
  return [
    ...source.slice(0, pairs).map((row, index): Difference => differing(row, target[index], fields)),
    ...source.slice(pairs).map(({ key }): Difference => ({ kind: 'missing_in_target', key })),
    ...target.slice(pairs).map(({ key }): Difference => ({ kind: 'extra_in_target', key })),
  ];
}

function withoutEqual({ source, target }: { source: RowHash[]; target: RowHash[] }) {
  const left = [...target];
  const unmatched = source.filter((row) => {
    const at = left.findIndex((other) => other.fields.every((hash, index) => hash === row.fields[index]));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return { source: unmatched, target: left };
}

function differing(row: RowHash, other: RowHash | undefined, fields: readonly string[]): Difference {
  const columns = fields.filter((_, index) => row.fields[index] !== other?.fields[index]);
  return { kind: 'different', key: row.key, columns };
}
