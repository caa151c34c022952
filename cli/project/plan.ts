/**
 * What has to be done so that the API holds what the files say: pure, and the same for the same files and the same API.
 * @module
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../checkpoint/position.js';
import type { StreamOutlook } from '../../checkpoint/stream-change.js';
import type { Change } from './diff.js';
import type { Kind } from './existing.js';
import type { Settings } from './settings.js';

/** What becomes of a stream. */
export type StreamNews = StreamOutlook & {
  readonly stream: string;
  /** Where it stands, where that is known. */
  readonly position?: string;
  /** It has not been read yet, so nothing of it can be lost. */
  readonly unread?: true;
};

export interface Step {
  readonly action: 'create' | 'update' | 'replace' | 'delete';
  readonly kind: Kind;
  readonly name: string;
  /** Of what is there. */
  readonly id?: string;
  /** Its revision: whatever has another one by then is left alone. */
  readonly etag?: string;
  readonly changes: readonly Change[];
  /** Secrets whose values are sent, and where these come from. */
  readonly secrets: readonly { readonly path: string; readonly from: string }[];
  /** Fields that somebody has changed since the last apply. */
  readonly drifted: readonly string[];
  /** It is there already and belongs to nobody. */
  readonly adopts: boolean;
  /** Positions or rows go. */
  readonly destroys: boolean;
  readonly streams: readonly StreamNews[];
  readonly notes: readonly string[];
}

export interface Plan {
  readonly project: string;
  readonly hash: string;
  readonly steps: readonly Step[];
  /** Secrets of which nobody can say whether they are still the ones that the files mean. */
  readonly uncompared: readonly string[];
  readonly warnings: readonly string[];
}

/** What to send for a system. */
export interface SystemWrite {
  readonly connector: string;
  /** Absent when only labels change. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** What to send for a connection. */
export interface ConnectionWrite {
  readonly settings: Settings;
  readonly labels: Readonly<Record<string, string>>;
  /** Names: their ids may be known only when they are made. */
  readonly source: string;
  readonly destination: string;
}

/** A step with what carries it out; nothing to send for what is deleted. */
export type Planned = Step & { readonly system?: SystemWrite; readonly connection?: ConnectionWrite };

/**
 * Names a plan by what it does and by the revision of all it touches. Values of secrets are no part of it, so that nobody can
 * try them out on a hash.
 */
export function planHash(project: string, steps: readonly Step[]): string {
  const essence = steps.map(({ action, kind, name, id, etag, changes, secrets, drifted, adopts }) => ({
    ...{ action, kind, name, id, etag, changes, secrets, drifted, adopts },
  }));
  return createHash('sha256')
    .update(canonicalJson({ project, steps: essence }))
    .digest('hex')
    .slice(0, 16);
}

/** In the order in which steps are carried out, as far as one step is one request. */
const ORDER: Readonly<Record<Step['action'], number>> = { create: 0, update: 1, replace: 2, delete: 3 };
const KINDS: Readonly<Record<Kind, number>> = { source: 0, destination: 1, connection: 2 };

export function inOrder(steps: readonly Planned[]): readonly Planned[] {
  const rank = ({ action, kind }: Step): number =>
    action === 'delete' ? 10 - KINDS[kind] : KINDS[kind] * 3 + ORDER[action] / 10;
  return steps.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}
