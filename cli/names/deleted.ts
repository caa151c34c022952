/**
 * What was deleted and can be restored.
 * @module
 */
import { type Page, every } from '../../client/index.js';
import { time } from '../output/text.js';
import { pickByName } from './resolve.js';

interface Deleted {
  readonly id: string;
  readonly name: string;
  readonly restorableUntil?: string;
}

type DeletedList<Item extends Deleted> = (input: {
  readonly deleted: 'true';
  readonly limit: number;
  readonly search?: string;
  readonly after?: string;
}) => Promise<Page<Item>>;

const ALL = { deleted: 'true', limit: 200 } as const;

/** By name or id. @throws MillraceError `request.not_found`, `request.conflict` when several have the name */
export function findDeleted<Item extends Deleted>(noun: string, typed: string, list: DeletedList<Item>): Promise<Item> {
  return pickByName(`deleted ${noun}`, typed, every(list, ALL), `See millrace ${noun}s list --deleted.`);
}

/** Told after something was deleted: until when it can come back, and how. */
export async function restoreHint<Item extends Deleted>(
  noun: string,
  { id, name }: { readonly id: string; readonly name: string },
  list: DeletedList<Item>,
): Promise<{ readonly restorableUntil: string | null; readonly hint: string }> {
  for await (const item of every(list, { ...ALL, search: name })) {
    if (item.id !== id || item.restorableUntil === undefined) continue;
    const hint = `Until ${time(item.restorableUntil)} it can be restored: millrace ${noun}s restore ${id}`;
    return { restorableUntil: item.restorableUntil, hint };
  }
  return { restorableUntil: null, hint: 'It cannot be restored.' };
}
