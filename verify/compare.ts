import type { BucketHash, HashedRows } from '../connectors/sdk/hashes.js';
import type { Difference, DifferenceCounts, DifferenceKind } from '../schema/verification.js';
import type { Explain } from './explain.js';
import { type JudgeOptions, judge } from './judge.js';
import { mergeHashes } from './merge.js';

export interface CompareOptions extends JudgeOptions {
  readonly sampleSize: number;
  /** Rows of one side that are looked at one by one, at most. */
  readonly maxRows: number;
  /** Tells what is no error from what is one; absent where nothing can be. */
  readonly explain?: Explain;
  readonly progress?: (facts: Record<string, unknown>) => void;
}

export interface Comparison {
  readonly rows: { readonly source: number; readonly target: number };
  readonly differences: DifferenceCounts;
  readonly sample: readonly Difference[];
  readonly truncated: boolean;
  readonly atLeast: boolean;
  readonly examinedRows: number;
}

const FEWEST_BUCKETS = 256;
const MOST_BUCKETS = 4_096;
const ROWS_PER_BUCKET = 1_000;
/** Differences that are explained at once: a server may look through its whole table for them. */
const ASKED_AT_ONCE = 5_000;

/** A power of two, about so that a bucket holds a thousand rows. */
export function bucketCount(rows: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, rows / ROWS_PER_BUCKET)));
  return Math.min(MOST_BUCKETS, Math.max(FEWEST_BUCKETS, wanted));
}

/** Both sides make a hash per bucket; only rows of buckets that differ are fetched, as hashes. */
export async function compareHashes(source: HashedRows, target: HashedRows, options: CompareOptions): Promise<Comparison> {
  const buckets = bucketCount(await source.estimate());
  options.progress?.({ phase: 'hash', buckets });
  const [wanted, held] = await Promise.all([source.buckets(buckets), target.buckets(buckets)]);
  const differing = differingBuckets(wanted, held);
  const findings = new Findings(options);
  if (differing.length > 0) {
    options.progress?.({ phase: 'rows', buckets: differing.length });
    const groups = mergeHashes(source.rows(buckets, differing), target.rows(buckets, differing));
    for await (const group of groups) {
      for (const difference of judge(group, options)) await findings.add(difference);
      if (!findings.examined(group.source.length, group.target.length)) break;
    }
    await findings.settle();
  }
  return { rows: { source: rowsOf(wanted), target: rowsOf(held) }, ...findings.result() };
}

/** Nothing but how many rows there are. */
export async function compareCounts(source: HashedRows, target: HashedRows): Promise<Comparison> {
  const [wanted, held] = await Promise.all([source.count(), target.count()]);
  return countsOf(wanted, held);
}

export function countsOf(wanted: number, held: number): Comparison {
  const differences = {
    missing: Math.max(0, wanted - held),
    extra: Math.max(0, held - wanted),
    ...{ different: 0, changedSince: 0, rejected: 0, repaired: 0 },
  };
  const rows = { source: wanted, target: held };
  return { rows, differences, sample: [], truncated: wanted !== held, atLeast: false, examinedRows: 0 };
}

const rowsOf = (buckets: readonly BucketHash[]): number => buckets.reduce((sum, { rows }) => sum + rows, 0);

export function differingBuckets(a: readonly BucketHash[], b: readonly BucketHash[]): number[] {
  const identity = ({ rows, digest }: BucketHash): string => `${rows} ${digest}`;
  const [left, right] = [a, b].map((side) => new Map(side.map((bucket) => [bucket.bucket, identity(bucket)])));
  const all = new Set([...a, ...b].map(({ bucket }) => bucket));
  return [...all].filter((bucket) => left?.get(bucket) !== right?.get(bucket)).toSorted((x, y) => x - y);
}

const COUNTED: Readonly<Record<DifferenceKind, keyof DifferenceCounts>> = {
  missing_in_target: 'missing',
  extra_in_target: 'extra',
  different: 'different',
  changed_since: 'changedSince',
  rejected: 'rejected',
  repaired: 'repaired',
};

/** Counts differences and lists the first of them. */
class Findings {
  readonly #counts = { missing: 0, extra: 0, different: 0, changedSince: 0, rejected: 0, repaired: 0 };
  readonly #sample: Difference[] = [];
  readonly #waiting: Difference[] = [];
  #listed = 0;
  #examined = 0;
  #complete = true;

  constructor(private readonly options: CompareOptions) {}

  /** @returns false when enough rows were looked at */
  examined(source: number, target: number): boolean {
    this.#examined += source + target;
    this.#complete = this.#examined <= 2 * this.options.maxRows;
    return this.#complete;
  }

  async add(difference: Difference): Promise<void> {
    if (!this.options.explain) return this.#record(difference);
    this.#waiting.push(difference);
    if (this.#waiting.length >= ASKED_AT_ONCE) await this.settle();
  }

  /** Asks for what may have an explanation. */
  async settle(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    for (const difference of (await this.options.explain?.(waiting)) ?? waiting) this.#record(difference);
  }

  result(): Omit<Comparison, 'rows'> {
    const sample = this.#sample.toSorted((a, b) => Number(isHarmless(a)) - Number(isHarmless(b)));
    return {
      differences: this.#counts,
      sample,
      truncated: this.#listed > sample.length || !this.#complete,
      atLeast: !this.#complete,
      examinedRows: this.#examined,
    };
  }

  /** What is no error gives way in the list to what is one. */
  #record(difference: Difference): void {
    this.#counts[COUNTED[difference.kind]] += amountOf(difference);
    this.#listed += 1;
    if (this.#sample.length < this.options.sampleSize) return void this.#sample.push(difference);
    const harmless = isHarmless(difference) ? -1 : this.#sample.findIndex(isHarmless);
    if (harmless >= 0) this.#sample[harmless] = difference;
  }
}

/** Rows are counted, but what was repaired is a value. */
const amountOf = ({ kind, columns, rows }: Difference): number => (kind === 'repaired' && columns ? columns.length : (rows ?? 1));

const HARMLESS: ReadonlySet<DifferenceKind> = new Set(['changed_since', 'rejected', 'repaired']);

const isHarmless = ({ kind }: Difference): boolean => HARMLESS.has(kind);
