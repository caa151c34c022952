import { unpackFeed } from '../checkpoint/state.js';
import { type ConnectionState, LARGE_STATE_CHARS, MAX_STATE_CHARS, type QueuedRun } from './connection-state.js';
import { cell, list, more, page, text } from './markdown.js';
import type { ActiveRun, RunPurpose, SyncRequest, TickAnswer } from './messages.js';
import { count, placeText } from './steps-text.js';

/** What people see of a connection, of a run it starts, and of a scheduled time in the Temporal Web UI. */

const STREAMS = 50;
const NAMES = 10;
/** Fewer never make a state that is worth weighing. */
const WEIGHED_STREAMS = 500;

/** What the connection does now, what comes next, and where its streams stand. */
export function connectionDetails(state: ConnectionState, active: ActiveRun | null): string {
  const { tripped, lastRun, queue, feeds } = state;
  const places = Object.entries(feeds);
  return page([
    ...now(state, active),
    ...(tripped === null ? [] : [`**the schedule waits**: ${text(tripped)}`]),
    list([
      `last run: ${lastRun ? `#${lastRun.number} ${lastRun.status}` : 'none yet'}`,
      `waiting: ${queue.length === 0 ? 'none' : queue.map(queuedText).join('; ')}`,
    ]),
    ...(places.length > 0 ? [placesTable(places.slice(0, STREAMS))] : []),
    ...more(places.length - STREAMS, 'streams'),
    ...(places.length > WEIGHED_STREAMS ? sizeNote(state) : []),
  ]);
}

function sizeNote(state: ConnectionState): readonly string[] {
  const { length } = JSON.stringify(state);
  const limit = `positions cannot be set above ${count(MAX_STATE_CHARS)}`;
  return length > LARGE_STATE_CHARS ? [`**large state**: ${count(length)} characters; ${limit}`] : [];
}

/** What a run is and what was asked of it; this does not change while it goes on. */
export function runIntroduction(connectionId: string, { runId, request }: QueuedRun): string {
  return list([
    `connection **${text(request.labels.connection)}** \`${connectionId}\``,
    `run \`${runId}\``,
    `asked for: ${askedFor(request)}`,
  ]);
}

/** Which run a scheduled time brought and how that ended, or why it brought none. */
export function tickDetails(answer: TickAnswer, workflowIdOf: (number: number) => string): string {
  if (answer.outcome === 'refused') return page([`**refused**: ${text(answer.reason)}`]);
  const { number, status, code, message } = answer;
  const why = code === undefined ? [] : [`> \`${code}\`  \n> ${text(message ?? '')}`];
  return page([`**${status}**: run #${number}, \`${workflowIdOf(number)}\``, ...why]);
}

function now({ paused, pauseNote }: ConnectionState, active: ActiveRun | null): readonly string[] {
  const running = active ? [`**running** #${active.number}, ${active.trigger}: \`${active.workflowId}\``] : [];
  const pause = paused ? [`**paused**: ${text(pauseNote ?? '')}`] : [];
  return running.length + pause.length > 0 ? [...running, ...pause] : ['**waiting for a trigger**'];
}

function queuedText({ number, request }: QueuedRun): string {
  return `#${number}, ${request.trigger}, ${askedFor(request)}`;
}

function askedFor({ streams, refresh, purpose }: SyncRequest): string {
  const which = streams ? named(streams) : 'all streams';
  return [which, ...(refresh ? [`read anew: ${named(refresh)}`] : []), ...(purpose ? [purposeText(purpose)] : [])].join(', ');
}

function purposeText(purpose: RunPurpose): string {
  switch (purpose.kind) {
    case 'backfill':
      return `backfill from ${text(purpose.window.from ?? 'the start')} to ${text(purpose.window.to ?? 'the end')}`;
    case 'retry':
      return `goes on where run #${purpose.run} ended`;
    case 'replay':
      return `loads what run #${purpose.run} had staged into \`${purpose.destinationId}\``;
    case 'rejects':
      return 'loads rejected rows again';
  }
}

function named(names: readonly string[]): string {
  const rest = names.length > NAMES ? ` and ${names.length - NAMES} more` : '';
  return names.slice(0, NAMES).map(text).join(', ').concat(rest);
}

function placesTable(places: readonly (readonly [string, Parameters<typeof unpackFeed>[0]])[]): string {
  const rows = places.map(([name, packed]) => `| ${cell(name)} | ${cell(placeText(unpackFeed(packed)))} |`);
  return ['| stream | cursor |', '|---|---|', ...rows].join('\n');
}
