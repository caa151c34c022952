/** Lines that went (`- `), came (`+ `), and stayed (two spaces) beside a change; `…` stands for others that stayed. */
export function lineDiff(before: string, after: string): readonly string[] {
  const lines = merge(before.trimEnd().split('\n'), after.trimEnd().split('\n'));
  const isNear = (at: number): boolean => [-1, 0, 1].some((step) => /^[-+]/.test(lines[at + step] ?? ''));
  return lines.flatMap((line, at) => {
    if (isNear(at)) return [line];
    return at === 0 || isNear(at - 1) ? ['…'] : [];
  });
}

/** By the longest common sequence of lines. */
function merge(before: readonly string[], after: readonly string[]): readonly string[] {
  const common = commonLengths(before, after);
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [was, is] = [before[i], after[j]];
    const goes = was !== undefined && (is === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0));
    const stays = was !== undefined && was === is;
    lines.push(stays ? `  ${was}` : goes ? `- ${was}` : `+ ${is}`);
    if (stays || goes) i += 1;
    if (stays || !goes) j += 1;
  }
  return lines;
}

/** `[i][j]`: how many lines the rest of both have in common, from there on. */
function commonLengths(before: readonly string[], after: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: before.length + 1 }, () => Array.from({ length: after.length + 1 }, () => 0));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const [down, right, diagonal] = [lengths[i + 1]?.[j] ?? 0, lengths[i]?.[j + 1] ?? 0, lengths[i + 1]?.[j + 1] ?? 0];
      const row = lengths[i];
      if (row) row[j] = before[i] === after[j] ? diagonal + 1 : Math.max(down, right);
    }
  }
  return lengths;
}
