import type { ConnectionNames, DurationTotals, RunTotals, StreamTotals } from './metric-store.js';

/** So many streams have series of their own, those of the oldest connections first; all others are added up under one name. */
export const MAX_STREAMS = 2_000;
export const MAX_CONNECTIONS = 1_000;
export const OTHERS = '_other';

/** Connections that have series of their own. */
export function namedConnections(names: readonly ConnectionNames[], most = MAX_CONNECTIONS): ReadonlySet<string> {
  return new Set(names.slice(0, most).map(({ id }) => id));
}

export function boundedStreams(totals: readonly StreamTotals[], most = MAX_STREAMS): readonly StreamTotals[] {
  const rest = totals.slice(most).map((total) => ({ ...total, connection_id: OTHERS, stream: OTHERS }));
  return [...totals.slice(0, most), ...merged(rest, ({ workspace_id }) => workspace_id, addStreams)];
}

export function boundedRuns(totals: readonly RunTotals[], named: ReadonlySet<string>): readonly RunTotals[] {
  const key = ({ workspace_id, status }: RunTotals): string => `${workspace_id} ${status}`;
  return bounded(totals, named, key, (a, b) => ({ ...a, runs: plus(a.runs, b.runs) }));
}

export function boundedDurations(totals: readonly DurationTotals[], named: ReadonlySet<string>): readonly DurationTotals[] {
  const add = (a: DurationTotals, b: DurationTotals): DurationTotals => ({
    ...a,
    runs: plus(a.runs, b.runs),
    seconds: a.seconds + b.seconds,
    at_most: a.at_most.map((runs, index) => plus(runs, b.at_most[index] ?? '0')),
  });
  return bounded(totals, named, ({ workspace_id }) => workspace_id, add);
}

function bounded<T extends { readonly connection_id: string }>(
  totals: readonly T[],
  named: ReadonlySet<string>,
  key: (total: T) => string,
  add: (a: T, b: T) => T,
): readonly T[] {
  const rest = totals.filter(({ connection_id: id }) => !named.has(id)).map((total) => ({ ...total, connection_id: OTHERS }));
  return [...totals.filter(({ connection_id: id }) => named.has(id)), ...merged(rest, key, add)];
}

function merged<T>(totals: readonly T[], key: (total: T) => string, add: (a: T, b: T) => T): readonly T[] {
  const sums = new Map<string, T>();
  for (const total of totals) {
    const sum = sums.get(key(total));
    sums.set(key(total), sum === undefined ? total : add(sum, total));
  }
  return [...sums.values()];
}

const ADDED = ['extracted', 'repeated', 'filtered', 'loaded', 'rejected', 'superseded', 'bytes', 'slices'] as const;

/** The stalest of them says how fresh they are. */
function addStreams(a: StreamTotals, b: StreamTotals): StreamTotals {
  const sums = Object.fromEntries(ADDED.map((name) => [name, plus(a[name], b[name])]));
  const ages = [a.age_seconds, b.age_seconds].filter((age) => age !== null);
  return { ...a, ...sums, age_seconds: ages.length > 0 ? Math.max(...ages) : null };
}

const plus = (a: string, b: string): string => (BigInt(a) + BigInt(b)).toString();
