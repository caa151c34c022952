import type { LoadedRejects } from '../activities/contract.js';
import type { RejectReason, RejectsSoFar } from '../platform/db/store.js';
import { count } from './steps-text.js';

/** Kinds of reasons that a stream's note tells. */
const TOLD = 5;
/** More than are ever waiting, unless the metadata database is away for hours; the ledger knows the others. */
const WAITING = 200;

export const NO_REJECTS: RejectsSoFar = { reasons: [], unrecorded: [] };

/** What a slice adds to the rejected rows of its stream. */
export function withRejects(before: RejectsSoFar, { manifest, sha256, rows, reasons, unrecorded }: LoadedRejects): RejectsSoFar {
  const merged = reasons.reduce(plus, before.reasons).toSorted((a, b) => b.rows - a.rows);
  const waiting = unrecorded ? [...before.unrecorded, { manifest, sha256, rows }] : before.unrecorded;
  return { reasons: merged.slice(0, TOLD), unrecorded: waiting.slice(-WAITING) };
}

function plus(sums: readonly RejectReason[], more: RejectReason): readonly RejectReason[] {
  const same = sums.find(({ field, reason }) => field === more.field && reason === more.reason);
  return same ? sums.map((sum) => (sum === same ? { ...sum, rows: sum.rows + more.rows } : sum)) : [...sums, more];
}

/** One line for people, or none: `3 rows rejected (2 longer than 20 characters in name, 1 not a valid date in born)`. */
export function rejectsNote(rows: number, reasons: readonly RejectReason[]): readonly string[] {
  if (rows === 0) return [];
  const told = reasons.map(({ field, reason, rows: n }) => `${count(n)} ${reason}${field === undefined ? '' : ` in ${field}`}`);
  return [`${count(rows)} ${rows === 1 ? 'row' : 'rows'} rejected${told.length > 0 ? ` (${told.join(', ')})` : ''}`];
}
