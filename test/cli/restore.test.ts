import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey, SOURCE_URL: millrace.source.url };
  await millrace.source.query('create table a (id int primary key); insert into a values (1)');
});
afterAll(() => millrace[Symbol.asyncDispose]());

interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function cli(...args: readonly string[]): Promise<Printed> {
  const printed = await runCli([...args], { env });
  expect(printed.code, printed.stderr).toBe(EXIT.ok);
  return printed;
}

const json = async (...args: readonly string[]) => JSON.parse((await cli(...args, '--json')).stdout).data;

test('what is removed is listed with --deleted, and comes back by its name', async () => {
  await cli('sources', 'add', 'crm', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL');
  await cli('destinations', 'add', 'warehouse', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL');
  await cli('connections', 'add', 'shop', '--from', 'crm', '--to', 'warehouse', '--stream', 'public.a', '--schema', 'raw');
  await cli('sync', 'shop');
  const { id } = await json('connections', 'show', 'shop');

  const removed = await cli('connections', 'rm', 'shop', '--yes');
  expect(removed.stdout).toBe('Removed connection shop.\n');
  expect(removed.stderr).toMatch(/Until \d{4}-.+Z it can be restored: millrace connections restore con_/);
  expect((await cli('connections', 'list')).stdout).not.toContain('shop');
  expect((await cli('connections', 'list', '--deleted')).stdout).toContain('shop');
  expect((await cli('runs', 'list')).stdout).toContain('shop/1');
  expect((await cli('runs', 'list', id)).stdout).toContain('shop/1');

  expect(await json('sources', 'rm', 'crm', '--yes')).toMatchObject({
    removed: true,
    restorableUntil: expect.stringMatching(/Z$/),
  });
  const early = await runCli(['connections', 'restore', 'shop'], { env });
  expect(early.code).toBe(EXIT.usage);
  expect(early.stderr).toContain('is deleted');
  await cli('sources', 'restore', 'crm');
  expect((await cli('connections', 'restore', 'shop')).stdout).toBe('Restored connection shop.\n');
  expect((await json('sync', 'shop')).status).toBe('succeeded');

  const unknown = await runCli(['connections', 'restore', 'shop'], { env });
  expect(unknown.code).toBe(EXIT.usage);
  expect(unknown.stderr).toContain('There is no deleted connection shop.');
});

test('of two that had the same name only an id is restored', async () => {
  for (let round = 0; round < 2; round += 1) {
    await cli('sources', 'add', 'twice', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL');
    await cli('sources', 'rm', 'twice', '--yes');
  }
  const refused = await runCli(['sources', 'restore', 'twice'], { env });
  expect(refused.code).toBe(EXIT.usage);
  const [, id = ''] = /(src_[0-9a-z]{26})/.exec(refused.stderr) ?? [];
  expect((await json('sources', 'restore', id)).id).toBe(id);
});

test('with --forever nothing is left to restore', async () => {
  await cli('sources', 'add', 'gone', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL');
  expect((await cli('sources', 'rm', 'gone', '--yes', '--forever')).stderr).toContain('It cannot be restored.');
  expect((await cli('sources', 'list', '--deleted')).stdout).not.toContain('gone');
});

test('a reference is sent as one and shown', async () => {
  await cli(
    'sources',
    'add',
    'by-reference',
    '--connector',
    'postgres',
    '--set',
    'host=db',
    '--set-ref',
    'password=env:SECRET_CRM',
  );
  expect((await json('sources', 'show', 'by-reference')).config.password).toEqual({ ref: 'env:SECRET_CRM' });
  expect((await cli('sources', 'show', 'by-reference')).stdout).toContain('(secret, at env:SECRET_CRM)');
});

test('secrets are counted by key and rotated', async () => {
  const { currentKey, keys } = await json('secrets', 'status');
  expect(keys).toEqual([{ key: currentKey, values: expect.any(Number), available: true }]);
  expect((await cli('secrets', 'status')).stdout).toContain(currentKey);
  expect((await cli('secrets', 'rotate')).stdout).toBe(`Sealed 0 values anew with key ${currentKey}.\n`);
  expect(await json('secrets', 'rotate')).toMatchObject({ rotated: 0, remaining: 0, unreadable: [] });
});

test('a workspace is created with a key that works, and removed when it is empty', async () => {
  const key = (await cli('workspaces', 'create', 'sales')).stdout.trim();
  const theirs = { ...env, MILLRACE_API_KEY: key };
  expect(JSON.parse((await runCli(['sources', 'list', '--json'], { env: theirs })).stdout).data).toEqual([]);
  expect((await cli('workspaces', 'list')).stdout).toContain('sales');
  await cli('workspaces', 'rm', 'sales', '--yes');
  expect((await runCli(['sources', 'list'], { env: theirs })).code).not.toBe(EXIT.ok);
});
