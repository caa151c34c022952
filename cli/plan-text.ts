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

const HOW: Readonly<Record<NonNullable<PlannedStream['publish']>, string>> = {
  in_place: 'slice by slice',
  swap: 'a new table takes its place',
  replace_rows: 'all rows are replaced',
  difference: 'only what differs',
  append: 'added at once',
};

/** What a run is going to do, with every change of the target's catalog. */
export function planText(name: string, plan: SyncPlan, width = Infinity): string {
  const rows = plan.streams.map((stream) => [
    stream.name,
    stream.mode,
    stream.refresh ? 'start, replaces what was loaded' : startOf(stream),
    stream.to ?? '–',
    rowsOf(stream),
    `${stream.target.schema}.${stream.target.table}`,
    stream.error ? 'does not run' : stream.publish === null ? '–' : HOW[stream.publish],
  ]);
  const statements = [...new Set(plan.streams.flatMap(({ ddl }) => ddl ?? []))];
  return [
    `Plan of ${name}:`,
    formatTable(COLUMNS, rows, { width }),
    ...(statements.length > 0 ? ['Changes of the target:', ...statements.map((statement) => `  ${statement};`)] : []),
    ...plan.streams.flatMap(remarksOf),
    ...plan.notes.map((note) => `· ${note}`),
    ...(plan.paused ? [`${name} is paused.`] : []),
    ...(plan.activeRun === null ? [] : [`Run ${plan.activeRun} is active: this one waits for its end.`]),
    '',
  ].join('\n');
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
