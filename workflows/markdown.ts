/** Markdown for the first screens of the Temporal Web UI. The UI passes it on in an address, so it must stay short. */

const LINE_LENGTH = 400;
/** The UI cuts off about one line at the end of what it shows. */
const SPARE_LINE = '\u200b';

export function page(blocks: readonly string[]): string {
  return [...blocks, SPARE_LINE].join('\n\n');
}

export function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n');
}

/** What a list leaves out; nothing when it is complete. */
export function more(left: number, what: string): readonly string[] {
  return left > 0 ? [`… and ${left} more ${what}`] : [];
}

/** One line, with nothing in it that Markdown would take for its own. */
export function text(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ');
  const short = line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH - 1)}…` : line;
  return short.replaceAll(/[*`[\]<\\]/g, String.raw`\$&`);
}

export function cell(value: string): string {
  return text(value).replaceAll('|', String.raw`\|`);
}
