/**
 * `holdBack` and `lag`: how far from the newest rows a run ends, and how far below its cursor it begins.
 * @module
 */
import type { CursorType } from '../checkpoint/position.js';
import type { FoundPlace } from '../checkpoint/place.js';
import type { ReadRequest } from '../connectors/sdk/types.js';
import { MillraceError } from '../platform/errors/error.js';
import type { StreamConfig } from '../schema/connection-config.js';
import { type CursorDistance, cursorDistance } from '../schema/cursor-distance.js';
import { isKeyed } from '../schema/write-mode.js';
import type { Place } from './contract.js';
import type { FeedPlan } from './plan.js';

const CENTURY_MS = 100 * 366 * 24 * 3_600_000;

/** @throws MillraceError `connection.invalid` where a distance means nothing on the cursor's scale */
export function requireDistances(config: StreamConfig, cursor: { readonly type: CursorType } | undefined): void {
  for (const name of ['holdBack', 'lag'] as const) {
    const distance = cursorDistance(config[name]);
    if (distance) requireDistance(config, name, { distance, type: cursor?.type });
  }
}

function requireDistance(
  config: StreamConfig,
  name: 'holdBack' | 'lag',
  { distance, type }: { readonly distance: CursorDistance; readonly type: CursorType | undefined },
): void {
  if (name === 'lag' && !isKeyed(config.mode))
    throw refusal(config, name, `${config.mode} does not merge, so rows that are read again would be doubled.`);
  if (type === undefined) throw refusal(config, name, 'the stream is not read by a cursor field.');
  const wanted = scaleOf(type);
  if (!wanted) throw refusal(config, name, `its cursor ${config.cursorField} is text, which has no distances.`);
  if (!(wanted in distance))
    throw refusal(config, name, wanted === 'ms' ? 'its cursor is a time.' : 'its cursor is a number.', SUGGESTIONS[wanted]);
  if ('ms' in distance && distance.ms > CENTURY_MS) throw refusal(config, name, 'it is more than a century.');
}

const SUGGESTIONS = { ms: 'Give a duration such as 15m.', units: 'Give a number such as 1000.' };

function scaleOf(type: CursorType): 'ms' | 'units' | undefined {
  if (type === 'int' || type === 'decimal') return 'units';
  return type === 'timestamp' || type === 'timestamptz' || type === 'date' ? 'ms' : undefined;
}

function refusal({ name: stream }: StreamConfig, path: string, why: string, suggestion = `Leave ${path} out.`): MillraceError {
  return new MillraceError('connection.invalid', {
    detail: `${stream} cannot have this ${path}: ${why}`,
    path,
    stream,
    suggestion,
  });
}

/** The plan of a run that starts there: its first slice alone reads what the lag asks for. */
export function laggingFrom(plan: FeedPlan, { position }: Pick<FoundPlace, 'position'>): FeedPlan {
  const value = position.kind === 'cursor' ? position.cursor.value : null;
  return value === null || !cursorDistance(plan.lag) ? plan : { ...plan, lagsFrom: value };
}

/** What of it the source must know to read one slice. */
export function distancesOf(feed: FeedPlan, { position }: Pick<Place, 'position'>): Pick<ReadRequest, 'holdBack' | 'lag'> {
  const holdBack = cursorDistance(feed.holdBack);
  const atStart = position.kind === 'cursor' && position.cursor.value !== null && position.cursor.value === feed.lagsFrom;
  const lag = atStart ? cursorDistance(feed.lag) : undefined;
  return { ...(holdBack ? { holdBack } : {}), ...(lag ? { lag } : {}) };
}
