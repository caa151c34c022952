import type { RunRow } from '../../platform/db/rows.js';
import { isOpen } from '../../platform/db/run-projection.js';
import { MillraceError } from '../../platform/errors/error.js';
import { readsWhole } from '../../schema/write-mode.js';
import type { SyncRequest } from '../../workflows/messages.js';
import type { StoredConnection } from './connection-store.js';
import type { ReplayRejectsBody } from '../rejects/reject-schemas.js';
import type { ShownStreamRow } from '../runs/run-store.js';
import { refuseUnknownStreams } from './stream-names.js';
import type { RequestSyncBody } from './sync-schemas.js';

/** What a run is asked to do. */
export type RunOrder = Pick<SyncRequest, 'trigger' | 'streams' | 'refresh' | 'purpose'>;

/** @throws MillraceError `connection.invalid`, with the path of each stream that the connection does not have */
export function requestOf(connection: StoredConnection, body: RequestSyncBody): RunOrder {
  const { streams, backfill } = body;
  refuseUnknownStreams(connection, streams ?? [], (index) => `streams[${index}]`);
  const refresh = refreshOf(connection, body);
  if (backfill && refresh)
    throw new MillraceError('connection.invalid', { detail: 'A run either refreshes or backfills.', path: 'backfill' });
  return {
    trigger: backfill ? 'backfill' : body.trigger,
    ...(streams === undefined ? {} : { streams }),
    ...(refresh === undefined ? {} : { refresh }),
    ...(backfill === undefined ? {} : { purpose: { kind: 'backfill', window: windowOf(backfill) } }),
  };
}

function refreshOf(connection: StoredConnection, { refresh, streams }: RequestSyncBody): readonly string[] | undefined {
  const run = streams ?? connection.config.streams.map(({ name }) => name);
  if (refresh === undefined || refresh === true) return refresh && run;
  refuseUnknownStreams(connection, refresh, (index) => `refresh[${index}]`);
  const left = refresh.findIndex((name) => !run.includes(name));
  if (left < 0) return refresh;
  throw new MillraceError('connection.invalid', {
    detail: `${refresh[left]} is to be refreshed but is not one of the streams of the run.`,
    path: `refresh[${left}]`,
  });
}

function windowOf({ from, to }: NonNullable<RequestSyncBody['backfill']>): { readonly from?: string; readonly to?: string } {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

interface RetryFacts {
  readonly streams: readonly ShownStreamRow[];
  readonly lastNumber: number;
  readonly onlyStaged: boolean;
}

/** @throws MillraceError `run.not_retryable`, `run.not_staged` */
export function retryOf(run: RunRow, { streams, lastNumber, onlyStaged }: RetryFacts): RunOrder {
  const number = Number(run.number);
  if (isOpen(run)) throw refusal(`Run ${number} has not ended yet.`);
  if (run.status === 'succeeded') throw refusal(`Run ${number} has succeeded.`);
  if (number !== lastNumber) throw refusal(`Run ${lastNumber} came after run ${number}; its end is what counts.`);
  if (onlyStaged && !run.staged) throw new MillraceError('run.not_staged', { detail: `Run ${number} left nothing staged.` });
  const { request } = run;
  const unfinished = streams.filter(({ status }) => status !== 'succeeded').map(({ name }) => name);
  const names = unfinished.length > 0 ? unfinished : request?.streams;
  const again = { trigger: run.trigger === 'backfill' ? run.trigger : 'api', ...(names ? { streams: names } : {}) } as const;
  if (request?.purpose && request.purpose.kind !== 'retry') return { ...again, purpose: taken(run) };
  const staged = run.staged ? { staged: run.staged } : {};
  const refresh = notBegun(request?.refresh, streams);
  return { ...again, ...(refresh ? { refresh } : {}), purpose: { kind: 'retry', run: number, source: !onlyStaged, ...staged } };
}

/** A refresh whose first slice was loaded goes on in its shadow; the others begin. */
function notBegun(refresh: readonly string[] | undefined, streams: readonly ShownStreamRow[]): readonly string[] | undefined {
  const left = refresh?.filter((name) => !streams.some((stream) => stream.name === name && Number(stream.slices) > 0));
  return left && left.length > 0 ? left : undefined;
}

/** The same track of the ledger: what it has loaded counts. */
function taken(run: RunRow): NonNullable<RunOrder['purpose']> {
  const purpose = run.request?.purpose;
  if (purpose?.kind === 'backfill') return { track: `backfill/${run.number}`, ...purpose };
  if (purpose) return purpose;
  throw refusal(`Run ${run.number} has no purpose of its own.`);
}

/** @throws MillraceError `connection.invalid`, `rejects.not_replayable` */
export function rejectsOf(connection: StoredConnection, { stream, run, rejects }: ReplayRejectsBody): RunOrder {
  refuseUnknownStreams(connection, stream === undefined ? [] : [stream], () => 'stream');
  const { streams } = connection.config;
  const merged = streams.filter((config) => (stream === undefined || config.name === stream) && !readsWhole(config));
  if (merged.length === 0) {
    const detail = `${stream ?? 'Every stream'} is read as a whole: the next run reads the rejected rows again.`;
    throw new MillraceError('rejects.not_replayable', { detail, path: 'stream' });
  }
  const ids = rejects === undefined ? {} : { ids: rejects };
  const runId = run === undefined ? {} : { runId: run };
  const names = stream === undefined && rejects !== undefined ? {} : { streams: merged.map(({ name }) => name) };
  return { trigger: 'api', ...names, purpose: { kind: 'rejects', ...ids, ...runId } };
}

/** @throws MillraceError `run.not_staged`, `run.not_retryable` */
export function replayOf(
  run: RunRow,
  { destinationId, own }: { readonly destinationId: string; readonly own: string },
): RunOrder {
  if (destinationId === own) throw refusal('Its rows are in this destination already; retry or refresh instead.');
  if (!run.staged) throw new MillraceError('run.not_staged', { detail: `Nothing of run ${run.number} is kept.` });
  const { number, staged, request } = run;
  const streams = request?.streams ? { streams: request.streams } : {};
  return { trigger: 'api', ...streams, purpose: { kind: 'replay', run: Number(number), staged, destinationId } };
}

function refusal(detail: string): MillraceError {
  return new MillraceError('run.not_retryable', { detail });
}
