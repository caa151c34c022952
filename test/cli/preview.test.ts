import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { tempHome } from '../support/temp-home.js';
import { type Outcome, type RunOptions, runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = {
    MILLRACE_URL: millrace.apiUrl,
    MILLRACE_API_KEY: millrace.apiKey,
    SOURCE_URL: millrace.source.url,
    DESTINATION_URL: millrace.destination.url,
  };
  await millrace.source.query(`create table orders (id bigint primary key, note text, secret text);
    insert into orders values (1, null, 's'), (2, '', 's');
    insert into orders select i, 'n' || i, 's' from generate_series(3, 60) i`);
  await cli(['sources', 'add', 'crm', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL']);
  await cli(['destinations', 'add', 'warehouse', '--connector', 'postgres', '--set-env', 'url=DESTINATION_URL']);
  const config = {
    streams: [
      {
        name: 'public.orders',
        mode: 'incremental_append',
        cursorField: 'id',
        columns: { exclude: ['secret'] },
        target: { schema: 'raw' },
      },
    ],
  };
  const added = await cli([
    'connections',
    'add',
    'shop',
    '--from',
    'crm',
    '--to',
    'warehouse',
    '--config',
    JSON.stringify(config),
  ]);
  expect(added.code, added.stderr).toBe(EXIT.ok);
});
afterAll(() => millrace[Symbol.asyncDispose]());

const cli = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> => runCli(args, { ...options, env });

test('preview shows rows of a source as a table, as JSON, and as one object a line', async () => {
  const text = await cli(['preview', 'crm', 'public.orders', '-n', '2']);
  expect(text).toMatchObject({
    code: EXIT.ok,
    stderr: expect.stringMatching(/^2 rows, there are more \(read: 2 of public\.orders; \d+ ms\)\n$/),
  });
  expect(text.stdout.split('\n').slice(0, 4)).toEqual(['id  note  secret', '──  ────  ──────', ' 1  NULL  s', ' 2        s']);
  const lines = (await cli(['preview', 'crm', 'public.orders', '-n', '2', '--output', 'ndjson'])).stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { id: '1', note: null, secret: 's' },
    { id: '2', note: '', secret: 's' },
  ]);
  const json = await cli(['preview', 'crm', 'public.orders', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: true,
    data: { hasMore: true, columns: [{ name: 'id', type: 'int64' }, {}, {}] },
  });
});

test('preview takes a connection, too, and shows what it reads', async () => {
  const { stdout } = await cli(['preview', 'shop', 'public.orders', '-n', '1']);
  expect(stdout.split('\n')[0]).toBe('id  note');
  const wrong = await cli(['preview', 'crm', 'public.ordrs']);
  expect(wrong).toMatchObject({ code: EXIT.usage, stdout: '', stderr: expect.stringContaining('→ Did you mean public.orders?') });
  const none = await cli(['preview', 'cmr', 'public.orders']);
  expect(none).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('→ Did you mean crm?') });
});

test('query joins what it names, and says what it has not read', async () => {
  const all = await cli(['query', 'crm', 'select count(*) as n from public.orders', '--output', 'ndjson']);
  expect(all).toMatchObject({ code: EXIT.ok, stdout: '{"n":"60"}\n' });
  expect(all.stderr).toContain('read: all 60 of public.orders');
  const some = await cli(['query', 'crm', 'select count(*) as n from orders', '--rows', '10', '--output', 'ndjson']);
  expect(some).toMatchObject({
    stdout: '{"n":"10"}\n',
    stderr: expect.stringContaining('Only a sample was read: 10 of public.orders.'),
  });
});

test('transform validate, preview and lineage take SQL from an argument, a file, and stdin', async () => {
  await using home = await tempHome('sql');
  const file = join(home.path, 'orders.sql');
  await writeFile(file, "select id, coalesce(note, '') || '!' as loud from input");
  const valid = await cli(['transform', 'validate', `@${file}`, 'crm', 'public.orders']);
  expect(valid).toMatchObject({ code: EXIT.ok, stderr: '' });
  expect(valid.stdout).toMatch(/^✓ valid; row by row: yes\n.*\n.*\nid +int64 +\w+ +id\nloud +string +yes +note\n$/);
  const shown = await cli(['transform', 'preview', 'shop', 'public.orders', '-', '-n', '1', '--output', 'ndjson'], {
    input: 'select note from input where id = 2',
  });
  expect(shown).toMatchObject({ code: EXIT.ok, stdout: '{"note":""}\n' });
  const lineage = await cli(['transform', 'lineage', `@${file}`, '--output', 'ndjson']);
  expect(
    lineage.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { column: 'id', from: ['id'], kind: 'passed' },
    { column: 'loud', from: ['note'], kind: 'computed' },
  ]);
  expect((await cli(['transform', 'lineage', 'shop', 'public.orders'])).stdout).toMatch(/note +← +note +passed/);
});

test('transform validate exits 2 for SQL that is refused, with the place', async () => {
  const text = await cli(['transform', 'validate', "select * from read_csv('/etc/passwd')"]);
  expect(text).toMatchObject({ code: EXIT.usage, stdout: '' });
  expect(text.stderr).toContain('read_csv is not allowed in a transform. (line 1, column 15)');
  const json = await cli(['transform', 'validate', 'select 1 from inpt', '--json']);
  expect(json.code).toBe(EXIT.usage);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    error: { code: 'transform.refused_sql', suggestion: 'Did you mean input?' },
  });
});

test('sync --dry-run tells the plan and changes nothing; sync tells it first and does it', async () => {
  const dry = await cli(['sync', 'shop', '--dry-run']);
  expect(dry).toMatchObject({ code: EXIT.ok, stderr: '' });
  expect(dry.stdout).toMatch(/public\.orders +incremental_append +start +60 +60 +raw\.orders +in place/);
  expect(dry.stdout).toContain('  create table "raw"."orders" (');
  expect(await millrace.destination.query(`select 1 from pg_namespace where nspname in ('raw', '_millrace')`)).toEqual([]);
  const json = await cli(['sync', 'shop', '--dry-run', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, data: { streams: [{ rows: { count: 60, exact: true } }] } });
  const real = await cli(['sync', 'shop']);
  expect(real.code).toBe(EXIT.ok);
  expect(real.stderr).toContain(dry.stdout.trimEnd());
  const again = await cli(['sync', 'shop', '--dry-run']);
  expect(again.stdout).toContain('· public.orders: nothing new, the target is left alone');
});

test('schema diff says what has changed in the source, and what becomes of it', async () => {
  expect((await cli(['schema', 'diff', 'shop'])).stdout).toMatch(/public\.orders +1 +none +evolve +nothing/);
  await millrace.source.query('alter table orders add column extra int');
  const { code, stdout } = await cli(['schema', 'diff', 'shop', '--stream', 'public.orders']);
  expect(code).toBe(EXIT.ok);
  expect(stdout).toMatch(/public\.orders +1 +extra added +evolve +the target follows/);
});
