import type { HashedRows, Repair, RowHash, RowKey, TargetHashes } from '../connectors/sdk/hashes.js';
import type { Difference, DifferenceKind } from '../schema/verification.js';
import { keyText } from './judge.js';

/** Says what differences are once more is known of them; those that are none are left out. */
export type Explain = (differences: readonly Difference[]) => Promise<readonly Difference[]>;

/** Each looks at what those before it have left. */
export const inTurn =
  (...explainers: readonly Explain[]): Explain =>
  async (differences) => {
    let left = differences;
    for (const explain of explainers) left = await explain(left);
    return left;
  };

/** Rows that one side alone holds because the source has changed them since. */
export function changedSince(kind: DifferenceKind, ask: (keys: readonly RowKey[]) => Promise<ReadonlySet<string>>): Explain {
  return async (differences) => {
    const keys = keysOf(differences, (difference) => difference.kind === kind);
    if (keys.length === 0) return differences;
    const explained = await ask(keys);
    const isExplained = (difference: Difference): boolean => difference.kind === kind && explained.has(keyText(difference.key));
    return differences.map((difference) => (isExplained(difference) ? { ...difference, kind: 'changed_since' } : difference));
  };
}

/** Values that the row policy has left out, where rows are compared by key. */
export function repairedValues(target: Pick<TargetHashes, 'repairs'>): Explain {
  return async (differences) => {
    const keys = keysOf(differences, ({ kind }) => kind === 'different');
    if (keys.length === 0) return differences;
    const repaired = fieldsByKey(await target.repairs(keys));
    return differences.flatMap((difference) => withoutRepaired(difference, repaired.get(keyText(difference.key))));
  };
}

function withoutRepaired(difference: Difference, repaired: ReadonlySet<string> | undefined): readonly Difference[] {
  const { kind, columns = [] } = difference;
  if (kind !== 'different' || !repaired) return [difference];
  const [known, others] = [columns.filter((name) => repaired.has(name)), columns.filter((name) => !repaired.has(name))];
  return [
    ...(others.length > 0 ? [{ ...difference, columns: others }] : []),
    ...(known.length > 0 ? [{ ...difference, kind: 'repaired' as const, columns: known }] : []),
  ];
}

export interface RepairedRowsOptions {
  readonly source: Pick<HashedRows, 'rowsOf'>;
  readonly target: Pick<HashedRows, 'rowsOf'>;
  readonly repairs: TargetHashes['repairs'];
  /** Names of the hashed fields, in their order. */
  readonly fields: readonly string[];
}

/** The same where rows are compared as a whole: such a row is missing, and what became of it is extra. */
export function repairedRows({ source, target, repairs, fields }: RepairedRowsOptions): Explain {
  return async (differences) => {
    const repaired = fieldsByKey(await repairs(keysOf(differences, () => true)));
    const keys = keysOf(differences, ({ key }) => repaired.has(keyText(key)));
    if (keys.length === 0) return differences;
    const [wanted, held] = [byKey(await source.rowsOf(keys)), byKey(await target.rowsOf(keys))];
    const pairs = new Map(
      [...repaired].map(([key, names]) => [key, pairUp(wanted.get(key) ?? [], held.get(key) ?? [], { fields, names })]),
    );
    return differences.flatMap((difference) => explainRow(difference, pairs.get(keyText(difference.key))));
  };
}

interface Pairs {
  /** For each row of the source that the target holds repaired: the fields that were left out. */
  readonly repaired: readonly (readonly string[])[];
  /** Rows that only the target has. */
  readonly left: number;
}

function explainRow(difference: Difference, pairs: Pairs | undefined): readonly Difference[] {
  const { kind, key, rowHash } = difference;
  if (!pairs || key === null) return [difference];
  if (kind === 'extra_in_target') return pairs.left === 0 ? [] : [difference];
  if (kind !== 'missing_in_target') return [difference];
  const columns = pairs.repaired[0] ?? [];
  return [{ kind: 'repaired', key, columns, ...(rowHash === undefined ? {} : { rowHash }) }];
}

/** Undefined when a row of the source has no counterpart: then none of them is explained. */
function pairUp(
  wanted: readonly RowHash[],
  held: readonly RowHash[],
  { fields, names }: { readonly fields: readonly string[]; readonly names: ReadonlySet<string> },
): Pairs | undefined {
  const left = [...held];
  const unequal = wanted.filter((row) => takeMatch(left, row, () => false) === undefined);
  const found = unequal.map((row) => {
    const match = takeMatch(left, row, (index) => names.has(fields[index] ?? ''));
    return match && fields.filter((_, index) => row.fields[index] !== match.fields[index]);
  });
  return found.every((columns) => columns !== undefined) ? { repaired: found, left: left.length } : undefined;
}

function takeMatch(rows: RowHash[], { fields }: RowHash, mayDiffer: (index: number) => boolean): RowHash | undefined {
  const at = rows.findIndex((other) => fields.every((hash, index) => hash === other.fields[index] || mayDiffer(index)));
  return at < 0 ? undefined : rows.splice(at, 1)[0];
}

/** Takes rows off by their number alone, where nothing tells which they are. */
export function byNumber(from: DifferenceKind, to: 'rejected' | 'repaired' | undefined, rows: number): Explain {
  let left = rows;
  return async (differences) =>
    differences.flatMap((difference) => {
      if (difference.kind !== from || left === 0) return [difference];
      const all = difference.rows ?? 1;
      const taken = Math.min(left, all);
      left -= taken;
      const known = to ? [{ ...difference, kind: to, rows: taken }] : [];
      return [...known, ...(all > taken ? [{ ...difference, rows: all - taken }] : [])];
    });
}

function keysOf(differences: readonly Difference[], wanted: (difference: Difference) => boolean): readonly RowKey[] {
  const keys = differences.filter(wanted).flatMap(({ key }) => (key === null ? [] : [key]));
  return [...new Map(keys.map((key) => [keyText(key), key])).values()];
}

function fieldsByKey(repairs: readonly Repair[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { key, fields } of repairs)
    if (fields.length > 0) found.set(keyText(key), new Set([...(found.get(keyText(key)) ?? []), ...fields]));
  return found;
}

function byKey(rows: readonly RowHash[]): ReadonlyMap<string, readonly RowHash[]> {
  const found = new Map<string, RowHash[]>();
  for (const row of rows) found.set(keyText(row.key), [...(found.get(keyText(row.key)) ?? []), row]);
  return found;
}
