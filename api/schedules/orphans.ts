import type { ConnectionStore, NamedConnection } from '../connections/connection-store.js';
import { installationOf } from '../engine/schedule-options.js';
import type { ListedSchedule } from '../engine/schedule-list.js';
import type { ScheduleKeeper } from '../engine/schedules.js';
import type { ReconcileRecord } from './reconcile-record.js';

export interface OrphanSearch {
  readonly store: ConnectionStore;
  readonly keeper: ScheduleKeeper;
  readonly installation: () => Promise<string>;
  readonly closing: AbortSignal;
  readonly pageSize: number;
  readonly workspaceId: string | undefined;
  readonly record: ReconcileRecord;
  guard(connectionId: string, work: () => Promise<void>): Promise<void>;
}

/** Removes this installation's Schedules whose connection is deleted or has become manual. */
export async function removeOrphans(search: OrphanSearch): Promise<void> {
  let next: Uint8Array | undefined;
  do {
    const page = await search.keeper.list(search.pageSize, next);
    for (const { connectionId } of await suspects(search, page.schedules)) {
      await search.guard(connectionId, () => removeOrphan(search, connectionId));
    }
    next = page.next;
  } while (next !== undefined && !search.closing.aborted);
}

async function suspects(search: OrphanSearch, listed: readonly ListedSchedule[]): Promise<readonly ListedSchedule[]> {
  const installation = await search.installation();
  const candidates = listed.filter(
    (schedule) =>
      [undefined, installation].includes(installationOf(schedule)) &&
      (search.workspaceId === undefined || search.workspaceId === schedule.workspaceId),
  );
  const rows = await search.store.withNames(candidates.map(({ connectionId }) => connectionId));
  const timed = new Set(rows.filter(isTimed).map(({ id }) => id));
  return candidates.filter(({ connectionId }) => !timed.has(connectionId));
}

/** The list may be old, and a connection may just be created: only what holds under the lock counts. */
async function removeOrphan({ store, keeper, installation, record }: OrphanSearch, id: string): Promise<void> {
  const detail = await store.transaction(async (locked) => {
    const row = await locked.lockForSchedule(id);
    const found = row && isTimed(row) ? undefined : await keeper.find(id);
    if (!found) return undefined;
    const isOurs = installationOf(found) === (await installation());
    const isUnnamed = installationOf(found) === undefined && row !== undefined; // an older version made it for this connection
    if (!isOurs && !isUnnamed) return undefined;
    await keeper.remove(id);
    return row ? 'The connection is manual.' : 'The connection is deleted.';
  });
  if (detail !== undefined) record.acted(id, { action: 'removed', detail });
}

function isTimed({ config }: NamedConnection): boolean {
  return config.schedule.type !== 'manual';
}
