import type { Run, RunError, RunStream } from '../../client/index.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Failure, Output } from '../output/output.js';
import { say } from '../output/report.js';
import { formatTable, stdoutWidth, type TableOptions } from '../output/table.js';
import { count, duration, facts, position, time } from '../output/text.js';

const COLUMNS = [
  { title: 'stream' },
  { title: 'status' },
  { title: 'read', align: 'right' },
  { title: 'loaded', align: 'right' },
  { title: 'rejected', align: 'right' },
  { title: 'cursor' },
] as const;

/** What became of each stream, as a table. */
export function streamTable(streams: readonly RunStream[], options: TableOptions = stdoutWidth()): string {
  if (streams.length === 0) return '';
  const rows = streams.map(({ name, status, step, rows: { extracted, loaded, rejected }, cursor }) => [
    name,
    step === 'finished' || status !== 'running' ? status : step,
    count(extracted),
    count(loaded),
    count(rejected),
    position(cursor),
  ]);
  return formatTable(COLUMNS, rows, options);
}

/** A run with everything that is known of it. */
export function describeRun(run: Run): string {
  const head = facts([
    ['run', `${run.number} (${run.id})`],
    ['status', run.status],
    ['trigger', run.trigger],
    ['started', time(run.startedAt)],
    ['took', duration(run.startedAt, run.endedAt)],
    ['workflow', run.temporalUrl ?? run.workflowId],
  ]);
  return [head, ...(run.streams.length > 0 ? ['', streamTable(run.streams)] : []), ...remarksOf(run)].join('\n');
}

/** Errors and notes, a line each. `told` has been said already. */
export function remarksOf({ error, streams }: Run, told?: RunError | null): readonly string[] {
  const errors = [{ name: 'run', error }, ...streams].flatMap((one) =>
    one.error === null || one.error === told
      ? []
      : [`✗ ${one.name}: ${one.error.code}: ${one.error.message}\n  → ${one.error.suggestion}`],
  );
  const notes = streams.flatMap(({ name, notes: said }) => said.map((note) => `· ${name}: ${note}`));
  return [...errors, ...notes];
}

/** Prints a run that was waited for. @returns the exit code: 1 for a run that failed, in part too; 4 for warnings */
export function reportRun(out: Output, run: Run, { strict = false }: { readonly strict?: boolean } = {}): ExitCode {
  const isGood = run.status === 'succeeded' || run.status === 'delayed';
  const reason = isGood ? null : reasonOf(run);
  if (out.format === 'text') for (const line of remarksOf(run, reason)) say(line);
  if (isGood) out.result(run, () => streamTable(run.streams));
  else out.failedResult(run, () => streamTable(run.streams), failureOfRun(run, reason));
  if (!isGood) return EXIT.failed;
  return strict && hasWarnings(run) ? EXIT.warnings : EXIT.ok;
}

function hasWarnings({ status, streams }: Run): boolean {
  return status === 'delayed' || streams.some(({ rows, notes }) => rows.rejected > 0 || notes.length > 0);
}

/** The first error there is. */
function reasonOf({ error, streams }: Run): RunError | null {
  return error ?? streams.find((stream) => stream.error !== null)?.error ?? null;
}

function failureOfRun({ id, status, number, streams }: Run, reason: RunError | null): Failure {
  const next = status === 'cancelled' ? `Go on: millrace runs retry ${id}` : `Look at it: millrace runs show ${id}`;
  if (reason === null) return { code: `run.${status}`, message: `Run ${number} ended as ${status}.`, suggestion: next };
  const stream = streams.find(({ error }) => error === reason)?.name;
  const message = `Run ${number} ended as ${status}: ${stream === undefined ? '' : `${stream}: `}${reason.message}`;
  return { code: reason.code, message, suggestion: `${reason.suggestion} ${next}` };
}
