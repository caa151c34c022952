import type { ScheduleDescription } from '@temporalio/client';
import type { ScheduleDigest } from '../../platform/db/rows.js';
import { changedParts, foundDigest } from './schedule-digest.js';
import { installationOf, isPausedByHand } from './schedule-options.js';

/** How a Schedule in Temporal differs from what the metadata says. Pure: whoever asks does the repair. */

export const DRIFTS = ['created', 'adopted', 'repaired', 'removed', 'paused', 'unpaused', 'adopted_pause'] as const;

/** Named by what is done about it; `adopted_pause`: nothing, because a person paused it in Temporal. */
export interface Drift {
  readonly action: (typeof DRIFTS)[number];
  readonly detail: string;
}

export interface Expected {
  readonly installation: string;
  /** Digest of what would be asked for now. */
  readonly wanted: string;
  /** What was kept when the Schedule was last written. */
  readonly known: ScheduleDigest | null;
  readonly paused: boolean;
}

export type Found = Pick<ScheduleDescription, 'memo' | 'spec' | 'policies' | 'action' | 'state'>;

/** Empty when all is as it should be. */
export function driftOf(found: Found | undefined, expected: Expected): readonly Drift[] {
  if (!found) return [{ action: 'created', detail: 'Temporal did not have the Schedule.' }];
  return [...contentDrift(found, expected), ...pauseDrift(found.state, expected.paused)];
}

/** True when the Schedule has to be written, which also puts its pause right. */
export function needsWriting({ action }: Drift): boolean {
  return action === 'created' || action === 'adopted' || action === 'repaired';
}

function contentDrift(found: Found, { wanted, known }: Expected): readonly Drift[] {
  if (installationOf(found) === undefined)
    return [{ action: 'adopted', detail: 'An older version made the Schedule; it now names its installation.' }];
  const changed = known ? changedParts(known, foundDigest(found)) : [];
  if (changed.length > 0) return [{ action: 'repaired', detail: `Changed in Temporal: ${changed.join(', ')}.` }];
  if (known?.wanted === wanted) return [];
  const detail = known ? 'A name or setting has changed since it was written.' : 'It was not known what Temporal had.';
  return [{ action: 'repaired', detail }];
}

function pauseDrift(state: Found['state'], paused: boolean): readonly Drift[] {
  if (state.paused === paused) return [];
  if (paused) return [{ action: 'paused', detail: 'The connection is paused, its Schedule was not.' }];
  if (!isPausedByHand(state)) return [{ action: 'unpaused', detail: 'The connection is not paused, its Schedule was.' }];
  const note = state.note === undefined || state.note === '' ? '' : `: ${state.note}`;
  return [{ action: 'adopted_pause', detail: `Somebody paused the Schedule in Temporal${note}` }];
}
