import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { tempHome } from '../support/temp-home.js';
import { type Outcome, runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey };
});
afterAll(() => millrace[Symbol.asyncDispose]());

const cli = (...args: string[]): Promise<Outcome> => runCli(args, { env });

test('rejected rows are listed, exported and loaded again after the fix', async () => {
  const { source, destination } = millrace;
  await source.query(`create table short (id int primary key, v text); insert into short values (0, 'ok')`);
  const id = await millrace.connect([
    { name: 'public.short', mode: 'incremental_append', cursorField: 'id', rowPolicy: 'reject_row' },
  ]);
  await millrace.sync(id);
  await destination.query('create domain five as varchar(5); alter table short alter column v type five');
  await source.query(`insert into short values (1, 'fine'), (2, 'much too long'), (3, 'too long, too')`);

  const strict = await cli('sync', id, '--strict');
  expect({ code: strict.code, stderr: strict.stderr }).toMatchObject({
    code: EXIT.warnings,
    stderr: expect.stringContaining('2 rows rejected'),
  });
  expect(strict.stdout).toMatch(/public\.short +succeeded +4 +1 +2 /);

  const listed = await cli('rejects', 'list', id);
  expect(listed.stdout).toMatch(/^rej_\w+ +2 +public\.short +2 +v: too_long/m);
  expect((await cli('rejects', 'list', `${id}/1`)).stdout).toBe('');
  const reject = /^rej_\w+/m.exec(listed.stdout)?.[0] ?? '';

  const rows = await cli('rejects', 'export', reject);
  const values = rows.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { v: string }).v);
  expect(values).toEqual(['much too long', 'too long, too']);
  await using home = await tempHome('export');
  const file = join(home.path, 'rows.parquet');
  const exported = await cli('rejects', 'export', reject, '--format', 'parquet', '--file', file);
  expect(exported).toMatchObject({ code: EXIT.ok, stdout: `${file}\n` });
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1');
  const twice = await cli('rejects', 'export', reject, '--file', file);
  expect(twice).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('--file') });
  expect(readFileSync(file).subarray(0, 4).toString()).toBe('PAR1');
  const absent = join(home.path, 'none.csv');
  expect(await cli('rejects', 'export', 'rej_0', '--file', absent)).toMatchObject({ code: EXIT.usage });
  expect(existsSync(absent)).toBe(false);

  await destination.query('alter table short alter column v type text');
  const replayed = await cli('rejects', 'replay', id, '--stream', 'public.short');
  expect(replayed).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/public\.short +succeeded +2 +2 +0/) });
  const [count] = await destination.query<{ rows: string }>('select count(*)::text as rows from short');
  expect(count?.rows).toBe('4');
});

test('a column that stops a stream is shown, and accepted', async () => {
  await millrace.source.query(`create table strict (id int primary key); insert into strict values (1)`);
  const id = await millrace.connect([
    { name: 'public.strict', mode: 'incremental_append', cursorField: 'id', schemaPolicy: 'stop' },
  ]);
  await millrace.sync(id);
  await millrace.source.query('alter table strict add column extra int; insert into strict values (2, 7)');
  expect(await cli('sync', id)).toMatchObject({ code: EXIT.failed, stderr: expect.stringContaining('source.schema_changed') });
  expect((await cli('schema', 'show', id)).stdout).toMatch(/public\.strict +2 +no +2 +extra added/);
  expect((await cli('schema', 'accept', id, 'public.strict')).stdout).toBe('Accepted version 2 of public.strict.\n');
  expect((await cli('sync', id)).code).toBe(EXIT.ok);
});

test('a key works until it is revoked, sees no more than its scope, and is shown once', async () => {
  const made = await cli('keys', 'create', 'ci', '--scope', 'read', '--expires', '1d');
  const key = made.stdout.trim();
  expect(key).toMatch(/^mrk_/);
  expect(made.stderr).not.toContain(key);
  const as = (...args: string[]): Promise<Outcome> => runCli(args, { env: { ...env, MILLRACE_API_KEY: key } });
  expect((await as('connectors', 'list')).code).toBe(EXIT.ok);
  const refused = await as('keys', 'create', 'more');
  expect(refused).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('request.forbidden') });
  expect((await cli('keys', 'list')).stdout).not.toContain(key);
  expect((await cli('keys', 'revoke', 'ci', '--yes')).stdout).toBe('Revoked key ci.\n');
  expect(await as('connectors', 'list')).toMatchObject({ stderr: expect.stringContaining('request.unauthenticated') });
  const late = await cli('keys', 'create', 'late', '--expires', 'tomorrow');
  expect(late).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('tomorrow is no time') });
});
