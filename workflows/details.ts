import type { RunError, StreamRecord } from '../platform/db/store.js';
import { cell, list, more, page, text } from './markdown.js';
import { count, placeText } from './steps-text.js';

const STREAMS = 50;
const ERRORS = 10;
const NOTES = 20;

export interface RunDetails {
  readonly phase: string;
  readonly streams: Iterable<StreamRecord>;
  readonly notes: readonly string[];
  /** How many streams this history works on; those that were begun when absent. */
  readonly total?: number;
  /** Why the run ended, where that is not the failure of a stream. */
  readonly error?: RunError | null;
  /** Streams that ended before the run continued as new. */
  readonly endedBefore?: number;
}

/** A run: what became of it, why it failed, then its streams, those first that need a look. */
export function runDetails({ phase, streams, notes, error = null, endedBefore = 0, total = 0 }: RunDetails): string {
  const records = [...streams].toSorted((a, b) => rank(a) - rank(b));
  const failed = records.filter((record) => record.error);
  const shown = records.slice(0, STREAMS);
  const all = [...notes, ...shown.flatMap((record) => record.notes.map((note) => `${record.name}: ${note}`))];
  const known = failed.some((record) => record.error?.code === error?.code && record.error?.message === error?.message);
  return page([
    headline(phase, records, Math.max(total, records.length)),
    ...(error && !known ? [quote('', error)] : []),
    ...failed.slice(0, ERRORS).map((record) => quote(`**${text(record.name)}** ${stepText(record)}: `, record.error)),
    ...more(failed.length - ERRORS, 'streams that failed'),
    ...(shown.length > 0 ? [table(shown)] : []),
    ...more(records.length - STREAMS, 'streams'),
    ...(endedBefore > 0 ? [`${count(endedBefore)} streams had ended before the run went on in this history`] : []),
    ...(all.length > 0 ? [list(all.slice(0, NOTES).map(text))] : []),
    ...more(all.length - NOTES, 'notes'),
  ]);
}

function headline(phase: string, records: readonly StreamRecord[], total: number): string {
  const failed = records.filter((record) => record.error).length;
  const ended = records.filter(({ status }) => status !== 'running' && status !== 'queued').length;
  const loaded = records.reduce((sum, { rows }) => sum + rows.loaded, 0);
  if (records.length === 0) return `**${phase}**`;
  const streams = failed > 0 ? `${failed} of ${total} streams failed` : `${ended} of ${total} streams ended`;
  return `**${phase}**: ${streams}, ${count(loaded)} rows loaded`;
}

/** Those that failed, those under way, those that are not done, the rest. */
function rank({ status }: StreamRecord): number {
  const place = ['failed', 'running', 'cancelled', 'delayed'].indexOf(status);
  return place < 0 ? 4 : place;
}

function quote(who: string, error: RunError | null): string {
  const { code = '', message = '', suggestion = '' } = error ?? {};
  return [`> ${who}\`${code}\``, text(message), ...(suggestion === '' ? [] : [`→ ${text(suggestion)}`])].join('  \n> ');
}

function table(records: readonly StreamRecord[]): string {
  return ['| stream | step | extracted | loaded | rejected | cursor |', '|---|---|--:|--:|--:|---|', ...records.map(row)].join(
    '\n',
  );
}

function row(record: StreamRecord): string {
  const { extracted, loaded, rejected } = record.rows;
  const place = placeText({ position: record.cursor as Parameters<typeof placeText>[0]['position'] });
  return `| ${cell(record.name)} | ${stepText(record)} | ${count(extracted)} | ${count(loaded)} | ${count(rejected)} | ${cell(place)} |`;
}

function stepText({ status, step }: StreamRecord): string {
  if (status === 'running') return step;
  const inStep = (status === 'failed' || status === 'cancelled') && step !== 'waiting' && step !== 'finished';
  return inStep ? `${status} in ${step}` : status;
}
