import { MillraceError } from '../../../platform/errors/error.js';
import type { ObjectStore } from '../../../platform/objects/store.js';
import type { Target } from '../../../schema/types.js';
import { numbered, ownerPrefix, versionOf } from './layout.js';
import { commit, readState } from './log.js';
import { refuseForeignFiles } from './settle.js';

/** Who writes a table. The newest of its numbered documents counts. */
interface Owner {
  readonly connection: string;
  readonly feed: string;
}

export interface Claim {
  readonly connectionId: string;
  readonly feed: string;
  readonly stream: string;
  readonly target: Target;
  /** What the folder holds gives way to what is loaded. */
  readonly replaces: boolean;
  readonly formerOwner?: string | undefined;
}

/** Makes sure that only this connection's feed writes the table. @throws MillraceError `load.target_owned`, `load.target_incompatible` */
export async function claimTarget(store: ObjectStore, claim: Claim): Promise<void> {
  const { connectionId, feed, target, formerOwner } = claim;
  const { version, owner } = await ownerOf(store, target);
  if (owner?.connection === connectionId && owner.feed === feed) return;
  if (owner && owner.connection !== formerOwner) throw owned(owner, claim);
  if (!owner || !claim.replaces) await refuseForeignFiles(store, claim, claim.stream);
  if (owner) await releaseBy(store, owner.connection, target);
  const text = JSON.stringify({ connection: connectionId, feed } satisfies Owner);
  const outcome = await store.putText(numbered(ownerPrefix(target), version + 1), text);
  if (outcome === 'taken') await claimTarget(store, claim);
}

/** @throws MillraceError as `claimTarget`; changes nothing */
export async function requireClaimable(store: ObjectStore, claim: Claim): Promise<void> {
  const { owner } = await ownerOf(store, claim.target);
  if (owner?.connection === claim.connectionId && owner.feed === claim.feed) return;
  if (owner && owner.connection !== claim.formerOwner) throw owned(owner, claim);
  if (!owner || !claim.replaces) await refuseForeignFiles(store, claim, claim.stream);
}

async function ownerOf(store: ObjectStore, target: Target): Promise<{ readonly version: number; readonly owner?: Owner }> {
  let newest: string | undefined;
  for await (const { key } of store.list(ownerPrefix(target))) if (versionOf(key) > 0) newest = key;
  const text = newest === undefined ? undefined : await store.getText(newest);
  return newest === undefined || text === undefined
    ? { version: 0 }
    : { version: versionOf(newest), owner: JSON.parse(text) as Owner };
}

/** Its epoch is raised, so that a load of its last run that is still under way finds itself refused (I9). */
async function releaseBy(store: ObjectStore, connectionId: string, target: Target): Promise<void> {
  for (;;) {
    const state = await readState(store, connectionId);
    const { epoch, run } = state;
    if (await commit(store, connectionId, { state, entry: { kind: 'release', epoch: epoch + 1, run, target } })) return;
  }
}

function owned({ connection, feed }: Owner, { target, stream }: Claim): MillraceError {
  return new MillraceError('load.target_owned', {
    detail: `${target.schema}.${target.table} is written by stream ${feed} of connection ${connection}.`,
    stream,
    path: 'target',
    facts: { owner: connection },
  });
}
