import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { CATALOG_ROWS } from './tables.js';

export interface Reader {
  readonly seen: { reads: number; torn: number };
  stop(): Promise<void>;
}

const UNDEFINED_TABLE = '42P01';
const EVERY_MS = 50;

/** Reads the overwritten table all the time: once it was published, it is there and never half full (I5). */
export function startReader(url: string): Reader {
  const seen = { reads: 0, torn: 0 };
  const stopping = new AbortController();
  const loop = readUntil(stopping.signal, url, seen);
  return {
    seen,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function readUntil(stop: AbortSignal, url: string, seen: Reader['seen']): Promise<void> {
  let client: pg.Client | undefined;
  while (!stop.aborted) {
    try {
      client ??= await open(url);
      await readOnce(client, seen);
    } catch {
      await client?.end().catch(() => undefined); // its session was ended
      client = undefined;
    }
    await sleep(EVERY_MS);
  }
  await client?.end().catch(() => undefined);
}

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the statement in flight reports it
  await client.connect();
  return client;
}

async function readOnce(client: pg.Client, seen: Reader['seen']): Promise<void> {
  const rows = await client.query<{ rows: number }>('select count(*)::int as rows from public.catalog').then(
    (result) => result.rows[0]!.rows,
    (error: { code?: string }) => {
      if (error.code === UNDEFINED_TABLE) return 0;
      throw error;
    },
  );
  if (seen.reads === 0 && rows === 0) return; // not published yet
  seen.reads += 1;
  if (rows < CATALOG_ROWS) seen.torn += 1;
}
