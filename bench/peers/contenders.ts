import type { BenchStack } from '../support/stack.js';
import { dltPeer } from './dlt.js';
import { duckdb } from './duckdb.js';
import { ingestr } from './ingestr.js';
import { millracePeer } from './millrace.js';
import type { Peer } from './peer.js';
import { psqlPeer } from './psql.js';
import { singer } from './singer.js';
import { sling } from './sling.js';

export interface Contenders {
  /** In the order of their turns; the first is what the others are compared with. */
  readonly ready: readonly Peer[];
  readonly notInstalled: readonly { readonly name: string; readonly reason: string }[];
}

/** Every peer that can be had here, and Millrace. */
export async function installContenders(stack: BenchStack): Promise<Contenders> {
  const peers = [psqlPeer('binary'), psqlPeer('csv'), duckdb, ingestr, sling, dltPeer('pyarrow'), dltPeer('connectorx'), singer];
  const ready: Peer[] = [];
  const notInstalled: { name: string; reason: string }[] = [];
  for (const peer of peers) {
    try {
      await peer.install();
      ready.push(peer);
    } catch (error) {
      notInstalled.push({ name: peer.name, reason: (error as Error).message });
    }
  }
  return { ready: [...ready, millracePeer(stack)], notInstalled };
}
