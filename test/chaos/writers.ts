import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Random, seededRandom } from './random.js';
import { type ChaosTable, TABLES } from './tables.js';

export interface Writers {
  readonly transactions: { committed: number; rolledBack: number; failed: number };
  /** Ends the changes for good; open transactions end first. */
  stop(): Promise<void>;
}

export interface WritersOptions {
  readonly url: string;
  readonly seed: number;
  /** For how long a transaction may be held open. */
  readonly longestHoldMs: number;
}

const WRITERS_PER_TABLE = 2;
const ROLLED_BACK = 0.12;
const HELD_OPEN = 0.1;

/** Several transactions at once on every table: some are held open for a while, some are rolled back. */
export function startWriters(options: WritersOptions): Writers {
  const stopping = new AbortController();
  const transactions = { committed: 0, rolledBack: 0, failed: 0 };
  const writers = TABLES.flatMap((table) => Array.from({ length: WRITERS_PER_TABLE }, () => table));
  const loops = writers.map((table, index) => {
    const random = seededRandom(options.seed + index + 1);
    return writeUntil(stopping.signal, { ...options, table, random, transactions });
  });
  return {
    transactions,
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

interface Writer extends WritersOptions {
  readonly table: ChaosTable;
  readonly random: Random;
  readonly transactions: Writers['transactions'];
}

async function writeUntil(stop: AbortSignal, writer: Writer): Promise<void> {
  let client: pg.Client | undefined;
  while (!stop.aborted) {
    try {
      client ??= await openClient(writer.url);
      await writeOnce(client, writer);
    } catch {
      // its session was ended, or another writer had the same rows in the other order
      writer.transactions.failed += 1;
      await client?.end().catch(() => undefined);
      client = undefined;
    }
    await sleep(writer.random.between(150, 1_000));
  }
  await client?.end().catch(() => undefined);
}

async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'shop' });
  client.on('error', () => undefined); // the statement in flight reports it
  await client.connect();
  return client;
}

async function writeOnce(client: pg.Client, { table, random, longestHoldMs, transactions }: Writer): Promise<void> {
  await client.query('begin');
  for (let statements = random.between(1, 3); statements > 0; statements -= 1) await client.query(table.change(random));
  if (random.chance(HELD_OPEN)) await sleep(random.between(0, longestHoldMs));
  const rollback = random.chance(ROLLED_BACK);
  await client.query(rollback ? 'rollback' : 'commit');
  if (rollback) transactions.rolledBack += 1;
  else transactions.committed += 1;
}
