import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import type { SliceManifest } from '../../../stage/manifest.js';
import type { FinishedRun, Millrace } from '../../support/millrace.js';

export const POLICIES = ['null_field', 'reject_row', 'stop'] as const;
export const MODES = ['incremental_append', 'incremental_deduped', 'full_refresh_overwrite'] as const;

export type Mode = (typeof MODES)[number];

/** A stream by `id`, which is key and cursor. */
export function stream(table: string, mode: Mode, more: object = {}): object {
  return { name: `public.${table}`, mode, ...(mode.startsWith('incremental') ? { cursorField: 'id' } : {}), ...more };
}

/** I7: every row that was read has exactly one fate. */
export function expectAccounted(run: FinishedRun): void {
  for (const { name, rows } of run.streams) {
    const { extracted, repeated, filtered, loaded, rejected, superseded } = rows;
    expect(loaded + rejected + superseded, name).toBe(extracted - repeated - filtered);
  }
}

export interface Rejected {
  readonly row: Record<string, unknown>;
  readonly reasons: readonly { readonly field?: string; readonly code: string; readonly reason: string }[];
}

/** What the ledger says was rejected, read from the stage. */
export async function rejectedRows(
  { destination, stageDir }: Millrace,
  connectionId: string,
  feed?: string,
): Promise<Rejected[]> {
  const refs = await destination.query<{ rejects: string }>(
    `select rejects from _millrace.ledger where connection = $1 and feed = coalesce($2, feed) and rejects is not null order by loaded_at`,
    [connectionId, feed ?? null],
  );
  const found: Rejected[] = [];
  for (const { rejects } of refs) {
    const manifest = JSON.parse(await readFile(join(stageDir, JSON.parse(rejects).manifest), 'utf8')) as SliceManifest;
    for (const { key } of manifest.segments) found.push(...(await readParquet(join(stageDir, key))));
  }
  return found;
}

async function readParquet(path: string): Promise<Rejected[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(`select * from read_parquet('${path}')`);
  connection.closeSync();
  instance.closeSync();
  return reader.getRowObjectsJson().map(({ _millrace_reasons: reasons, _millrace_row: number, ...row }) => ({
    row: { ...row, number: Number(number) },
    reasons: JSON.parse(String(reasons)) as Rejected['reasons'],
  }));
}
