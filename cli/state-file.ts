import type { Connection, ConnectionState, SetStateInput } from '../client/index.js';
import { invalid, jsonFile } from './input.js';
import { pickStream } from './names/resolve.js';
import { position } from './output/text.js';

/** A state as `state get` prints it, as it is or in the envelope of `--json`. @throws MillraceError `request.invalid` */
export function readState(path: string): SetStateInput {
  const value = jsonFile('<file>', path) as { ok?: unknown; data?: unknown; feeds?: unknown } | null;
  const state = value?.ok === true ? value.data : value;
  if (typeof state === 'object' && state !== null && 'feeds' in state) return state as SetStateInput;
  throw invalid('<file>', 'It holds no feeds.', 'Start from what millrace state get prints.');
}

export interface Move {
  readonly stream: string;
  readonly from: string;
  readonly to: string;
}

/** The positions that differ; streams that the file leaves out keep theirs. */
export function movesBetween({ feeds: before }: ConnectionState, { feeds: after }: SetStateInput): readonly Move[] {
  return Object.entries(after)
    .filter(([stream, { position: place }]) => canonical(place) !== canonical(before[stream]?.position ?? { kind: 'start' }))
    .map(([stream, { position: place }]) => ({
      stream,
      from: before[stream] ? position(before[stream].position) : 'start',
      to: position(place),
    }));
}

/** The same whatever the order of its keys. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const pairs = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** @throws MillraceError `request.not_found` for a stream that the connection does not have */
export function refuseUnknownStreams({ name, streams }: Connection, state: SetStateInput): void {
  const names = streams.map((stream) => stream.name);
  for (const stream of Object.keys(state.feeds)) pickStream(`Connection ${name}`, names, stream);
}
