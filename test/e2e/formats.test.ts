import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FinishedRun, type Millrace, startMillrace } from '../support/millrace.js';

/** What others read, and what newer versions find, as it is really written: frozen. */

let millrace: Millrace;
let run: FinishedRun;

beforeAll(async () => {
  millrace = await startMillrace();
  await millrace.source
    .query(`create table orders (id bigint primary key, amount numeric(10,2), "Name" text, at timestamptz not null, tags text[]);
    insert into orders select i, i / 10.0, 'n' || i, '2024-01-01 00:00:00+00'::timestamptz + i * interval '1 s', array['a', 'b'] from generate_series(1, 10) i`);
  // a run that is not clean keeps its staged files
  const cursor = { cursorField: 'at', sql: 'select id, amount, "Name", "at" from input where id > 3' };
  const id = await millrace.connect([
    { name: 'public.orders', mode: 'incremental_append', ...cursor },
    { name: 'public.absent', mode: 'full_refresh_overwrite' },
  ]);
  run = await millrace.sync(id);
});
afterAll(() => millrace[Symbol.asyncDispose]());

test('the ledger in the destination', async () => {
  const columns = await millrace.destination.query<Record<'line', string>>(
    `select format('%s.%s %s%s%s', table_name, column_name, data_type, case is_nullable when 'NO' then ' not null' else '' end,
       coalesce(' default ' || column_default, '')) as line
     from information_schema.columns where table_schema = '_millrace' order by table_name, ordinal_position`,
  );
  const rules = await millrace.destination.query<Record<'line', string>>(
    `select format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) as line from pg_constraint
     where connamespace = '_millrace'::regnamespace and contype <> 'n' order by 1`,
  );
  const lines = [...columns, ...rules].map(({ line }) => line);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/ledger.txt');
});

test.each(['extract', 'transform'])('the manifest of a slice after %s', async (step) => {
  const files = await readdir(millrace.stageDir, { recursive: true });
  const name = files.find((file) => new RegExp(`/1\\.${step}-[0-9a-f]+/manifest\\.json$`).test(file));
  const manifest: unknown = JSON.parse(await readFile(join(millrace.stageDir, name!), 'utf8'));
  await expect(`${JSON.stringify(manifest, masked, 2)}\n`).toMatchFileSnapshot(`../golden/manifest-${step}.json`);
});

/** Without what differs from run to run. */
function masked(key: string, value: unknown): unknown {
  if (key === 'bytes') return 0;
  if (key === 'extractedAt') return '2026-01-02T03:04:05.678Z';
  if (typeof value !== 'string') return value;
  return value
    .replaceAll(run.connectionId, 'con_1')
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<sha256>')
    .replaceAll(/(extract|transform)-[0-9a-f]{12}/g, '$1-<attempt>');
}
