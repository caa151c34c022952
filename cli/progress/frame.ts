/**
 * One picture of a run: what each stream is doing now.
 * @module
 */
import type { Run, RunStream } from '../../client/index.js';
import type { Style } from '../output/style.js';
import { count, duration } from '../output/text.js';

export interface FrameOptions {
  readonly width: number;
  readonly style: Style;
  readonly nowMs: number;
  /** Streams of the run, where they are known before the API tells of them: it does when they load for the first time. */
  readonly planned?: readonly string[];
}

/** The five words, everywhere in this order. */
export const STEPS = ['extract', 'stage', 'transform', 'load', 'checkpoint'] as const;

/** More streams than this are summed up: those that move are shown, the others counted. */
const MOST_LINES = 8;
/** From here on all five words fit on a line. */
const WIDE = 100;
const SHORTEST_NAME = 8;
/** Indent, mark and gaps of a line. */
const MARGIN = 8;
/** Room for millions of rows. */
const NUMBERS_WIDTH = 41;

/** The frame's lines, none longer than the width. */
export function frameOf(run: Run, options: FrameOptions): readonly string[] {
  const shown = chosen(run.streams);
  const hidden = run.streams.filter((stream) => !shown.includes(stream));
  const longest = Math.max(0, ...shown.map(({ name }) => name.length));
  const nameWidth = Math.min(longest, Math.max(SHORTEST_NAME, options.width - MARGIN - wordsWidth(options) - NUMBERS_WIDTH));
  return [
    headOf(run, options),
    ...shown.map((stream) => lineOf(stream, nameWidth, options)),
    ...(hidden.length > 0 ? [options.style.dim(`  … ${hidden.length} more: ${countsOf(hidden)}`)] : []),
    ...silentLine(run, options),
  ];
}

function silentLine({ streams }: Run, { planned = [], width, style }: FrameOptions): readonly string[] {
  const silent = planned.filter((name) => !streams.some((stream) => stream.name === name));
  if (silent.length === 0) return [];
  return [style.dim(fitted(`  · nothing loaded yet: ${silent.join(', ')}`, width).trimEnd())];
}

function headOf(run: Run, { style, nowMs }: FrameOptions): string {
  return `${style.strong(`run ${run.number}`)} ${run.status} ${duration(run.startedAt, run.endedAt, nowMs)}`;
}

/** Those that move first, then those that failed; all when they are few. */
function chosen(streams: readonly RunStream[]): readonly RunStream[] {
  if (streams.length <= MOST_LINES) return streams;
  const rank = ({ step, status }: RunStream): number => (isMoving(step) ? 0 : status === 'failed' ? 1 : 2);
  return streams.toSorted((a, b) => rank(a) - rank(b)).slice(0, MOST_LINES);
}

function isMoving(step: RunStream['step']): boolean {
  return step !== 'waiting' && step !== 'finished';
}

function lineOf(stream: RunStream, nameWidth: number, options: FrameOptions): string {
  const { width, style } = options;
  const wide = width >= WIDE && isMoving(stream.step);
  const words = wide ? trailOf(stream.step, style) : wordOf(stream, wordsWidth(options), style);
  const numbers = fitted(numbersOf(stream), Math.max(0, width - MARGIN - nameWidth - wordsWidth(options))).trimEnd();
  return `  ${markOf(stream, style)} ${fitted(stream.name, nameWidth)}  ${words}  ${numbers}`.trimEnd();
}

function wordsWidth({ width }: FrameOptions): number {
  return width >= WIDE ? TRAIL_WIDTH : WORD_WIDTH;
}

const SEPARATOR = ' › ';
/** The words with brackets around one. */
const TRAIL_WIDTH = STEPS.join(SEPARATOR).length + 2;
const WORD_WIDTH = 'checkpoint'.length;

/** All five words, the one at work in brackets: colour alone would not show everywhere. */
function trailOf(step: RunStream['step'], style: Style): string {
  const isOwn = STEPS.some((word) => word === step);
  if (!isOwn) return style.strong(step.padEnd(TRAIL_WIDTH));
  return STEPS.map((word) => (word === step ? style.strong(`[${word}]`) : style.dim(word))).join(SEPARATOR);
}

function wordOf({ step, status }: RunStream, width: number, style: Style): string {
  const word = (step === 'finished' ? status : step).padEnd(width);
  if (status === 'failed') return style.bad(word);
  return step === 'finished' ? style.good(word) : style.strong(word);
}

function markOf({ status, step }: RunStream, style: Style): string {
  if (status === 'failed') return style.bad('✗');
  if (step === 'finished') return style.good('✓');
  return isMoving(step) ? '▸' : style.dim('·');
}

function numbersOf({ rows, bytes }: RunStream): string {
  const rejected = rows.rejected > 0 ? `  ${count(rows.rejected)} rejected` : '';
  return `${count(rows.extracted)} read  ${count(rows.loaded)} loaded${rejected}  ${size(bytes)}`;
}

export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

export function countsOf(streams: readonly RunStream[]): string {
  const words = streams.map(({ step, status }) => (step === 'finished' ? status : step));
  const names = [...new Set(words)];
  return names.map((name) => `${words.filter((word) => word === name).length} ${name}`).join(', ');
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text.padEnd(width);
}
