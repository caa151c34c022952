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

const [REFERENCE, ...OTHERS] = [
  psqlPeer('binary'),
  ...[psqlPeer('csv'), duckdb, ingestr, sling, dltPeer('pyarrow'), dltPeer('connectorx'), singer],
] as const;

/**
 * Every peer that can be had here, or those of them that are named, and Millrace.
 * @throws Error that names a peer that does not exist
 */
export async function installContenders(stack: BenchStack, names: readonly string[]): Promise<Contenders> {
  const ready: Peer[] = [];
  const notInstalled: { name: string; reason: string }[] = [];
  for (const peer of [REFERENCE, ...chosen(names)]) {
    try {
      await peer.install();
      ready.push(peer);
    } catch (error) {
      notInstalled.push({ name: peer.name, reason: (error as Error).message });
    }
  }
  return { ready: [...ready, millracePeer(stack)], notInstalled };
}

function chosen(names: readonly string[]): readonly Peer[] {
  if (names.length === 0) return OTHERS;
  const unknown = names.filter((name) => !OTHERS.some((peer) => peer.name === name));
  if (unknown.length > 0)
    throw new Error(`There is no peer ${unknown.join(', ')}; there are ${OTHERS.map(({ name }) => name).join(', ')}.`);
  return OTHERS.filter(({ name }) => names.includes(name));
}
