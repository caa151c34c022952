import type { PlannedStream, SyncPlan } from '../client/index.js';
import { formatTable } from './output/table.js';
import { count, position } from './output/text.js';

const COLUMNS = [
  { title: 'stream' },
  { title: 'mode' },
  { title: 'from' },
  { title: 'to' },
  { title: 'rows', align: 'right' },
  { title: 'target' },
  { title: 'how' },
] as const;

/** Without these a narrow terminal has room for the others; `connections show` tells them. */
const LEFT_OUT: ReadonlySet<string> = new Set(['mode', 'target']);
const NARROW = 110;

const HOW: Readonly<Record<NonNullable<PlannedStream['publish']>, string>> = {
  in_place: 'in place',
  swap: 'new table',
  replace_rows: 'all rows anew',
  difference: 'difference',
  append: 'appended',
};

/** What a run is going to do, with every change of the target's catalog. */
export function planText(name: string, plan: SyncPlan, width = Infinity): string {
  const rows = plan.streams.map((stream) => [
    stream.name,
    stream.mode,
    stream.refresh ? 'start, replaces' : startOf(stream),
    stream.to ?? '–',
    rowsOf(stream),
    `${stream.target.schema}.${stream.target.table}`,
    stream.error ? 'does not run' : stream.publish === null ? '–' : HOW[stream.publish],
  ]);
  const statements = [...new Set(plan.streams.flatMap(({ ddl }) => ddl ?? []))];
  return [
    `Plan of ${name}:`,
    tableOf(rows, width),
    ...(statements.length > 0 ? ['Changes of the target:', ...statements.map((statement) => `  ${statement};`)] : []),
    ...plan.streams.flatMap(remarksOf),
    ...plan.notes.map((note) => `· ${note}`),
    ...(plan.paused ? [`${name} is paused.`] : []),
    ...(plan.activeRun === null ? [] : [`Run ${plan.activeRun} is active: this one waits for its end.`]),
    '',
  ].join('\n');
}

function tableOf(rows: readonly (readonly string[])[], width: number): string {
  const isShown = (_: unknown, at: number): boolean => width >= NARROW || !LEFT_OUT.has(COLUMNS[at]?.title ?? '');
  return formatTable(
    COLUMNS.filter(isShown),
    rows.map((row) => row.filter(isShown)),
    { width },
  );
}

function startOf({ from }: PlannedStream): string {
  return from.kind === 'cursor' ? (from.cursor.value ?? 'start') : position(from);
}

/** `≈` before what was not counted. */
function rowsOf({ rows }: PlannedStream): string {
  return rows === null ? '–' : `${rows.exact ? '' : '≈ '}${count(rows.count)}`;
}

function remarksOf({ name, rows, notes, error }: PlannedStream): readonly string[] {
  const again = rows && rows.again > 0 ? [`· ${name}: ${count(rows.again)} of the rows are read again and known already`] : [];
  const failed = error ? [`✗ ${name}: ${error.code}: ${error.message}\n  → ${error.suggestion}`] : [];
  return [...failed, ...again, ...notes.map((note) => `· ${name}: ${note}`)];
}
