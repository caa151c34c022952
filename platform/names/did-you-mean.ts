/** "Did you mean orders?", or undefined when nothing is near. */
export function didYouMean(typed: string, known: Iterable<string>): string | undefined {
  const near = nearest(typed, known);
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

/** The known word that takes the fewest changes, when that is at most a third of its letters or one contains the other. */
export function nearest(typed: string, known: Iterable<string>): string | undefined {
  const from = typed.toLowerCase();
  let best: { readonly word: string; readonly distance: number } | undefined;
  for (const word of known) {
    const to = word.toLowerCase();
    const distance = from.length > 2 && (to.includes(from) || from.includes(to)) ? 1 : editDistance(from, to);
    if (distance <= Math.max(1, Math.floor(Math.max(from.length, to.length) / 3)) && distance < (best?.distance ?? Infinity)) {
      best = { word, distance };
    }
  }
  return best?.word;
}

/** Insertions, deletions, replacements and swaps of neighbours (Damerau–Levenshtein, restricted). */
export function editDistance(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (old[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(replaced, (old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, isSwap ? (older[j - 2] ?? 0) + 1 : Infinity);
    }
    [older, old] = [old, row];
  }
  return old[b.length] ?? 0;
}
