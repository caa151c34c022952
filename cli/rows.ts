import type { Preview } from '../client/index.js';
import { whole } from './listing.js';
import type { Output } from './output/output.js';
import { say } from './output/report.js';
import { formatTable, stdoutWidth } from './output/table.js';
import { count } from './output/text.js';

const NUMBER = /^(u?int|float|decimal|numeric)/;

/** Rows as a table, as the API's answer with `--json`, as one object a line with `--output ndjson`. */
export function printRows(out: Output, preview: Preview): void {
  if (out.format === 'ndjson') out.list(whole(objectsOf(preview)), () => '');
  else out.result(preview, () => (preview.rows.length === 0 ? '' : tableOf(preview)));
  say(footOf(preview));
  if (preview.note !== null) say(preview.note);
}

function objectsOf({ columns, rows }: Preview): readonly Readonly<Record<string, string | null>>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])));
}

function tableOf({ columns, rows }: Preview): string {
  const heads = columns.map(({ name, type }) => ({
    title: name,
    align: NUMBER.test(type) ? ('right' as const) : ('left' as const),
  }));
  return formatTable(
    heads,
    rows.map((row) => row.map((value) => value ?? 'NULL')),
    stdoutWidth(),
  );
}

function footOf({ rows, hasMore, rowsOut, sampled, timing }: Preview): string {
  const shown = `${count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`;
  const rest = !hasMore ? '' : rowsOut > rows.length ? ` of ${count(rowsOut)}` : ', there are more';
  const read = sampled.map(({ stream, rows: n, complete }) => `${complete ? 'all ' : ''}${count(n)} of ${stream}`).join(', ');
  const took = timing.transformMs === null ? `${timing.readMs} ms` : `${timing.readMs} ms, SQL ${timing.transformMs} ms`;
  return `${shown}${rest} (read: ${read}; ${took})`;
}
