import type { StagedRow } from './bench.js';

/** How two lists of rows differ, whatever their order. */
export interface Difference {
  readonly missing: readonly StagedRow[];
  readonly added: readonly StagedRow[];
}

export function difference(expected: readonly StagedRow[], seen: readonly StagedRow[]): Difference {
  const counts = new Map<string, number>();
  for (const row of seen) counts.set(JSON.stringify(row), (counts.get(JSON.stringify(row)) ?? 0) + 1);
  const missing = expected.filter((row) => !take(counts, JSON.stringify(row)));
  const added = [...counts].flatMap(([text, count]) => Array.from({ length: count }, () => JSON.parse(text) as StagedRow));
  return { missing, added };
}

function take(counts: Map<string, number>, text: string): boolean {
  const count = counts.get(text) ?? 0;
  if (count > 0) counts.set(text, count - 1);
  return count > 0;
}

/** In words; undefined when they are the same. Rows are shown only where they are an author's own. */
export function differenceText({ missing, added }: Difference, showRows: boolean): string | undefined {
  if (missing.length + added.length === 0) return undefined;
  const counts = [
    ...(missing.length > 0 ? [`${missing.length} missing${showRows ? `, such as ${shown(missing)}` : ''}`] : []),
    ...(added.length > 0 ? [`${added.length} too many${showRows ? `, such as ${shown(added)}` : ''}`] : []),
  ];
  return `rows: ${counts.join('; ')}`;
}

const SHOWN = 300;

function shown([row]: readonly StagedRow[]): string {
  const text = JSON.stringify(row);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
