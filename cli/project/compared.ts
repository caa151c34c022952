import type { FieldError } from '../../platform/errors/error.js';
import type { DesiredSystem } from './desired.js';
import type { ConnectionEntry, SystemKind } from './files/read-project.js';
import type { Planned } from './plan.js';

export interface Desired {
  readonly project: string;
  readonly systems: readonly DesiredSystem[];
  readonly connections: readonly ConnectionEntry[];
  /** Send the values of secrets although nobody can say whether they have changed. */
  readonly updateSecrets: boolean;
}

/** One wanted resource beside what is there. */
export interface Compared {
  readonly step?: Planned;
  /** Of what is there. */
  readonly id?: string;
  readonly problems: readonly FieldError[];
  readonly uncompared?: readonly string[];
}

/** Where a name leads: to an id, or to what has yet to be made. */
export type Ends = Readonly<Record<SystemKind, ReadonlyMap<string, string | undefined>>>;

/** What most steps have nothing of. */
export const NOTHING = {
  changes: [],
  secrets: [],
  drifted: [],
  adopts: false,
  destroys: false,
  streams: [],
  notes: [],
} as const;
