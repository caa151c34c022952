export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface TableOptions {
  /** Texts are cut so that no line is longer; unlimited when absent. Numbers are never cut. */
  readonly width?: number;
}

const GAP = 2;
/** Below this a text says nothing any more. */
const NARROWEST = 8;

/** Columns two spaces apart under a rule; as wide as the widest cell, or narrower where the whole would be too wide. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width = Infinity }: TableOptions = {},
): string {
  const cells = rows.map((row) => row.map(oneLine));
  const wanted = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const widths = fit(columns, wanted, width);
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, at) => pad(cut(row[at] ?? '', widths[at] ?? 0), widths[at] ?? 0, align))
      .join(' '.repeat(GAP))
      .trimEnd();
  const rule = widths.map((size) => '─'.repeat(size)).join(' '.repeat(GAP));
  return [line(columns.map(({ title }) => title)), rule, ...cells.map(line)].join('\n');
}

/** Takes from the widest column of text until the line fits. */
function fit(columns: readonly Column[], wanted: readonly number[], width: number): readonly number[] {
  const widths = [...wanted];
  for (let over = total(widths) - width; over > 0; over -= 1) {
    const texts = widths.map((size, at) => (columns[at]?.align === 'right' ? 0 : size));
    const widest = texts.indexOf(Math.max(...texts));
    if ((texts[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, size) => sum + size, 0) + GAP * (widths.length - 1);
}

/** Names come from other systems: a line break or an escape sequence in one must not reach the terminal. */
export function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}

/** What a terminal has room for; a pipe has no width. */
export function stdoutWidth(): TableOptions {
  return process.stdout.isTTY && process.stdout.columns > 0 ? { width: process.stdout.columns } : {};
}
