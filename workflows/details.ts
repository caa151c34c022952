import type { StreamRecord } from '../platform/db/store.js';
import { count, placeText } from './steps-text.js';

export interface RunDetails {
  readonly phase: string;
  readonly streams: Iterable<StreamRecord>;
  readonly notes: readonly string[];
  /** Streams that ended before the run continued as new. */
  readonly endedBefore?: number;
}

/** Streams shown in full; a run of thousands would not fit Temporal's limit for details. */
const SHOWN = 50;

/** The run in Markdown, for the first screen of the Temporal Web UI. */
export function runDetails({ phase, streams, notes, endedBefore = 0 }: RunDetails): string {
  const records = [...streams];
  const failed = records.filter((record) => record.error);
  const shown = [...failed, ...records.filter((record) => !record.error)].slice(0, SHOWN);
  return [
    `**${phase}**`,
    ...failed
      .slice(0, SHOWN)
      .map(
        (record) =>
          `\n> **${record.name}**: \`${record.error?.code}\` ${line(record.error?.message)}  \n> → ${line(record.error?.suggestion)}`,
      ),
    ...(shown.length > 0
      ? ['', '| stream | step | extracted | loaded | rejected | cursor |', '|---|---|--:|--:|--:|---|', ...shown.map(row)]
      : []),
    ...(records.length > shown.length ? ['', `… and ${records.length - shown.length} more streams`] : []),
    ...(endedBefore > 0 ? ['', `${endedBefore} streams had ended before the run went on in this history`] : []),
    ...notes.map((note) => `\n- ${line(note)}`),
    ...shown.flatMap((record) => record.notes.map((note) => `\n- ${record.name}: ${line(note)}`)),
  ].join('\n');
}

function row(record: StreamRecord): string {
  const { extracted, loaded, rejected } = record.rows;
  const step = record.status === 'running' ? record.step : record.status;
  const place = placeText({ position: record.cursor as Parameters<typeof placeText>[0]['position'] });
  return `| ${cell(record.name)} | ${step} | ${count(extracted)} | ${count(loaded)} | ${count(rejected)} | ${cell(place)} |`;
}

const line = (text: string | undefined): string => (text ?? '').replace(/\s+/g, ' ');
const cell = (text: string): string => line(text).replaceAll('|', '\\|');
