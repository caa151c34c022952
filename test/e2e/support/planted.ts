/**
 * Searches everything that a stack leaves behind for a text that was planted as a secret.
 * @module
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';

export interface Histories {
  readonly searched: number;
  /** Ids of the workflows whose histories hold the text. */
  readonly holding: readonly string[];
}

/** Every history in Temporal. */
export async function historiesHolding(address: string, text: string): Promise<Histories> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    const holding: string[] = [];
    let searched = 0;
    for await (const { workflowId, runId } of workflow.list()) {
      const history = await workflow.getHandle(workflowId, runId).fetchHistory();
      searched += 1;
      if (readable(history).includes(text)) holding.push(workflowId);
    }
    return { searched, holding };
  } finally {
    await connection.close();
  }
}

/** With what stands in payloads as text. */
const readable = (history: unknown): string =>
  JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString() : value,
  );

/** Every row of every table of a database, as text, by table. */
export async function dumpTables(databaseUrl: string): Promise<ReadonlyMap<string, string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const dumps = new Map<string, string>();
    for (const { name } of tables) dumps.set(name, JSON.stringify((await client.query(`select t::text from ${name} t`)).rows));
    return dumps;
  } finally {
    await client.end();
  }
}

export interface Folder {
  readonly paths: readonly string[];
  holding(text: string): Promise<readonly string[]>;
}

/** Every file below a folder. */
export async function filesBelow(folder: string): Promise<Folder> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return {
    paths,
    holding: async (text) => {
      const held = await Promise.all(paths.map(async (path) => (await readFile(path)).includes(text)));
      return paths.filter((_, index) => held[index]);
    },
  };
}
