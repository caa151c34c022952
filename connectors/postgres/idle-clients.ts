/**
 * Connections that wait a moment for the next session. A small run opens half a dozen sessions; a new connection costs the
 * server a process with empty caches, and both sides the exchange of keys.
 * @module
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type pg from 'pg';

/** Long enough for the steps of a run and for runs that follow each other; whoever wants to drop the database waits no longer. */
const KEPT_MS = 5_000;
const MOST = 16;
/** A password that was changed, or a login that was taken away, is noticed after this at the latest. */
const OLDEST_MS = 60_000;

interface Inner {
  readonly connection: { readonly stream: Socket };
  /** Nothing is under way. */
  readonly readyForQuery: boolean;
}

const inner = (client: pg.Client): Inner => client as unknown as Inner;

/** What `pg` does not offer: the end of everything that is under way, at once. */
export function destroyClient(client: pg.Client): void {
  inner(client).connection.stream.destroy();
}

/** A connection between two sessions. */
export interface OpenConnection {
  readonly client: pg.Client;
  readonly key: string;
  /** What it learnt of database and role when it was made. */
  readonly learnt: string | null;
  /** By `performance.now()`. */
  readonly openedAt: number;
}

interface Idle extends OpenConnection {
  readonly timer: NodeJS.Timeout;
  /** The server has ended it. */
  readonly gone: () => void;
}

const waiting = new Set<Idle>();

/** Only the very same server, user and password are the same connection. */
export function connectionKey(options: pg.ClientConfig): string {
  const same = { ...options, stream: undefined };
  return createHash('sha256').update(JSON.stringify(same)).digest('base64');
}

/** One that has just been used by somebody else, or none. */
export function takeIdle(key: string): OpenConnection | undefined {
  const found = [...waiting].findLast((idle) => idle.key === key);
  if (!found) return undefined;
  forget(found);
  inner(found.client).connection.stream.ref();
  return found;
}

/**
 * Takes over a connection whose session is over. When this resolves, what is open is rolled back, and settings, temporary tables,
 * locks and prepared statements are forgotten. Closed where that is not possible; never fails.
 */
export async function giveBack(connection: OpenConnection): Promise<void> {
  const { client, openedAt } = connection;
  try {
    const isOld = performance.now() - openedAt > OLDEST_MS;
    if (isOld || !inner(client).readyForQuery || waiting.size >= MOST) return await client.end();
    if (client.getTransactionStatus() !== 'I') await client.query('rollback');
    await client.query('discard all');
    keep(connection);
  } catch {
    destroyClient(client);
  }
}

function keep(connection: OpenConnection): void {
  const { client } = connection;
  const end = (): void => {
    forget(idle);
    client.end().catch(() => destroyClient(client));
  };
  const idle: Idle = { ...connection, timer: setTimeout(end, KEPT_MS).unref(), gone: () => forget(idle) };
  waiting.add(idle);
  client.once('end', idle.gone);
  inner(client).connection.stream.unref(); // nobody waits for it, and the process may end
}

function forget(idle: Idle): void {
  clearTimeout(idle.timer);
  idle.client.off('end', idle.gone);
  waiting.delete(idle);
}
