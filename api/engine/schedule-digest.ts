import { createHash } from 'node:crypto';
import type { ScheduleDescription } from '@temporalio/client';
import { canonicalJson } from '../../checkpoint/position.js';
import type { ScheduleDigest } from '../../platform/db/rows.js';
import type { ScheduleOptions } from './schedule-options.js';

/**
 * A Schedule is compared with what Temporal itself said of it when it was last written, because Temporal answers in other
 * words than it is asked: a cron expression comes back as calendars.
 */

export type SchedulePart = 'spec' | 'policies' | 'action';
export type FoundDigest = Pick<ScheduleDigest, SchedulePart>;

const PARTS = ['spec', 'policies', 'action'] as const satisfies readonly SchedulePart[];

/**
 * Of what is asked for; changes when the configuration, a name that people see, or this code does. Not of search
 * attributes, which are left out while the server does not have them.
 */
export function wantedDigest({ spec, policies, action }: ScheduleOptions): string {
  const { typedSearchAttributes: _attributes, ...started } = action;
  return digest({ spec, policies, action: started });
}

/** Of what Temporal has. A limit of actions is a policy too: it ends a Schedule as surely as a pause. */
export function foundDigest(found: Pick<ScheduleDescription, SchedulePart | 'state'>): FoundDigest {
  const { spec, policies, action, state } = found;
  const { typedSearchAttributes: _typed, ...started } = action;
  return {
    spec: digest(spec),
    policies: digest({ ...policies, limited: state.remainingActions !== undefined }),
    action: digest(started),
  };
}

export function changedParts(known: FoundDigest, found: FoundDigest): readonly SchedulePart[] {
  return PARTS.filter((part) => known[part] !== found[part]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
