/**
 * What a run did, line by line, in the words of people who were not there.
 * @module
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { LogLevel } from '../platform/config/settings.js';
import type { LogStep, RunError } from '../platform/db/store.js';
import { errorText } from '../platform/errors/error.js';
import type { Extracted, FinishInput, Loaded, Prepared, RunRef, Transformed } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type Shell, inShell } from './shell.js';

export interface StepOfRun {
  readonly run: RunRef;
  readonly step: LogStep;
  readonly stream?: string;
}

/** Adds a line to the run's log. `stream` where the step itself is of no single one. */
export type Say = (level: LogLevel, text: string, stream?: string) => void;

/** As `inShell`, for a step of a run: its log tells what the step says, and why it failed. */
export async function inStep<T>(
  { store }: Pick<ActivityDependencies, 'store'>,
  { run: { workspaceId, runId }, step, stream: ofStep }: StepOfRun,
  work: (shell: Shell, say: Say) => Promise<T>,
): Promise<T> {
  let attempt = 1;
  const say: Say = (level, text, stream = ofStep) =>
    store.log({ workspaceId, runId, level, step, text, ...(stream === undefined ? {} : { stream }) });
  try {
    return await inShell((shell) => {
      attempt = shell.attempt;
      return work(shell, say);
    });
  } catch (error) {
    say(levelOf(error), failureText(error, attempt));
    throw error;
  }
}

/** The outcome of a stream or run is an error; an attempt that fails may be followed by one that does not. */
function levelOf(error: unknown): LogLevel {
  const isBenign = error instanceof ApplicationFailure && error.category === ApplicationFailureCategory.BENIGN;
  return isBenign ? 'info' : 'warn';
}

/** What leaves the shell holds no secrets any more. */
function failureText(error: unknown, attempt: number): string {
  const nth = attempt === 1 ? '' : `, attempt ${attempt}`;
  if (!(error instanceof ApplicationFailure)) return `given up${nth}: ${errorText(error)}`;
  const { suggestion } = (error.details?.[0] ?? {}) as { readonly suggestion?: string };
  const next = error.nonRetryable ? '' : ' (it may be tried again)';
  return `failed${nth}: ${error.type ?? ''}: ${error.message}${suggestion === undefined ? '' : ` → ${suggestion}`}${next}`;
}

export function sayPrepared(say: Say, run: RunRef, prepared: Prepared): void {
  if (prepared.outcome === 'behind')
    return say('warn', `the destination has seen epoch ${prepared.epoch}; the run goes on from there`);
  say('info', `run ${run.number} begins, asked for by ${run.trigger}: ${count(prepared.feeds.length, 'stream')}`);
  for (const note of prepared.notes) say('info', note);
  for (const { feed, place, notes, error } of prepared.feeds) {
    if (error) say('error', errorLine('cannot run', error), feed);
    else say('info', `goes on after slice ${place.seq}`, feed);
    for (const note of notes) say('info', note, feed);
  }
}

export function sayExtracted(say: Say, slice: number, { slice: staged, rows, bytes, delayed, unproven }: Extracted): void {
  const again = rows.repeated > 0 ? `, ${number(rows.repeated)} of them known already` : '';
  if (staged) say('info', `slice ${slice}: ${count(rows.extracted, 'row')} read${again}; ${number(bytes)} bytes staged`);
  else say('info', `nothing new${again && ` (${number(rows.extracted)} read${again})`}`);
  if (delayed !== undefined) say('warn', `the next run takes the rest: ${delayed}`);
  if (unproven !== undefined) say('warn', `the upper bound is unproven: ${unproven}`);
}

export function sayTransformed(say: Say, { slice, filtered }: Transformed): void {
  say('info', `${count(slice.rows, 'row')} out of the transform${filtered > 0 ? `, ${number(filtered)} filtered` : ''}`);
}

export function sayLoaded(say: Say, { seq, rows, notes, rejects }: Loaded): void {
  const superseded = rows.superseded > 0 ? `, ${number(rows.superseded)} superseded` : '';
  say('info', `slice ${seq}: ${count(rows.loaded, 'row')} loaded${superseded}`);
  if (rows.rejected > 0) {
    const reasons = (rejects?.reasons ?? []).map(({ field, reason }) => (field === undefined ? reason : `${field}: ${reason}`));
    say('warn', `slice ${seq}: ${count(rows.rejected, 'row')} rejected${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`);
  }
  for (const note of notes) say('info', note);
}

export function sayFinished(say: Say, { run, status, error, streams }: FinishInput): void {
  for (const { name, error: ofStream } of streams) if (ofStream) say('error', errorLine('failed', ofStream), name);
  const loaded = streams.reduce((sum, { rows }) => sum + rows.loaded, 0);
  const text = `run ${run.number} ${status}, ${count(loaded, 'row')} loaded`;
  if (error) say('error', `${text}; ${errorLine('', error).trimStart()}`);
  else say(status === 'succeeded' || status === 'delayed' ? 'info' : 'warn', text);
}

const errorLine = (what: string, { code, message, suggestion }: RunError): string =>
  `${what} ${code}: ${message} → ${suggestion}`;

const number = (value: number): string => value.toLocaleString('en-US');
const count = (value: number, what: string): string => `${number(value)} ${what}${value === 1 ? '' : 's'}`;
