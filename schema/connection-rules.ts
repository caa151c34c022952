import { type StreamConfig, WRITE_MODES, type WriteMode } from './connection-config.js';
import { cursorDistance } from './cursor-distance.js';
import type { FieldError } from '../platform/errors/error.js';
import type { Target } from './types.js';
import { isKeyed, readsWhole } from './write-mode.js';

/** What can be wrong with a connection although each field alone is fine. Pure: what needs a server is asked elsewhere. */

/** `cursor` is who knows how far a stream was read: one of its fields, or the source itself (a file's time of change). */
export function cursorErrors(streams: readonly StreamConfig[], cursor: 'field' | 'source'): readonly FieldError[] {
  return streams.flatMap((stream, index): FieldError[] => {
    const path = `streams[${index}].cursorField`;
    if (cursor === 'source' && stream.cursorField !== undefined) {
      return [
        {
          path,
          code: 'not_allowed',
          message: 'This source knows by itself how far a stream was read.',
          suggestion: 'Leave cursorField out.',
        },
      ];
    }
    if (cursor === 'source' || !stream.mode.startsWith('incremental') || stream.cursorField !== undefined) return [];
    return [
      {
        path,
        code: 'required',
        message: `${stream.mode} needs a cursorField.`,
        suggestion: 'Name a field that only grows; discover lists candidates.',
      },
    ];
  });
}

/** Distances that mean nothing for how a stream is read; whether they fit the cursor's type is known when the source is asked. */
export function distanceErrors(streams: readonly StreamConfig[], cursor: 'field' | 'source'): readonly FieldError[] {
  return streams.flatMap((stream, index) =>
    (['holdBack', 'lag'] as const).flatMap((name): FieldError[] => {
      const message = cursorDistance(stream[name]) && misplaced(name, stream, cursor);
      if (!message) return [];
      return [{ path: `streams[${index}].${name}`, code: 'not_allowed', message, suggestion: `Leave ${name} out.` }];
    }),
  );
}

function misplaced(name: 'holdBack' | 'lag', stream: StreamConfig, cursor: 'field' | 'source'): string | undefined {
  const { mode } = stream;
  if (readsWhole(stream)) return `${mode} reads all rows, whatever their cursor.`;
  if (cursor === 'source') return 'This source has no cursor field to measure by.';
  if (name === 'lag' && !isKeyed(mode)) return `${mode} would double the rows that are read again.`;
  return undefined;
}

/** What a destination says of itself. */
export interface DestinationLimits {
  readonly title: string;
  readonly modes?: readonly WriteMode[];
  readonly refuses?: readonly string[];
  /** Present where it can be compared with a source. */
  readonly targetHashes?: unknown;
}

/** What the destination does not do. */
export function destinationErrors(
  streams: readonly StreamConfig[],
  { title, modes = WRITE_MODES, refuses = [], targetHashes }: DestinationLimits,
): readonly FieldError[] {
  return streams.flatMap(({ mode, schemaPolicy, verify }, index): FieldError[] => {
    const refused = (field: string, message: string, suggestion: string): FieldError => ({
      path: `streams[${index}].${field}`,
      code: 'not_supported',
      message,
      suggestion,
    });
    const policies = 'Use evolve, ignore_new or stop.';
    return [
      ...(modes.includes(mode) ? [] : [refused('mode', `${title} cannot be loaded in ${mode}.`, `Use ${inWords(modes)}.`)]),
      ...(schemaPolicy === 'quarantine' && refuses.includes('quarantine')
        ? [refused('schemaPolicy', `${title} cannot keep rows of changed columns aside.`, policies)]
        : []),
      ...(verify !== 'none' && targetHashes === undefined
        ? [refused('verify', `${title} cannot be compared with a source.`, 'Leave verify out.')]
        : []),
    ];
  });
}

const inWords = (names: readonly string[]): string =>
  [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((text) => text !== '').join(' or ');

/** Two streams of one connection must not go to the same table. */
export function sharedTargetErrors(targets: readonly Target[]): readonly FieldError[] {
  const first = new Map<string, number>();
  return targets.flatMap((target, index): FieldError[] => {
    const earlier = first.get(targetKey(target));
    if (earlier === undefined) first.set(targetKey(target), index);
    if (earlier === undefined) return [];
    const message = `streams[${earlier}] goes to ${targetText(target)} already.`;
    return [
      { path: `streams[${index}].target`, code: 'duplicate_target', message, suggestion: 'Give each stream its own table.' },
    ];
  });
}

export function targetKey(target: Target): string {
  return JSON.stringify([target.schema, target.table]);
}

export function targetText(target: Target): string {
  return `${target.schema}.${target.table}`;
}
