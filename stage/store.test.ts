import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pathPart, sliceFolder } from './layout.js';
import { openStage } from './store.js';

let root: string;
const url = (): string => pathToFileURL(root).href;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-stage-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('I8: a file is never overwritten', async () => {
  const stage = openStage(url());
  const first = await stage.putText('a/b.json', 'first');
  await expect(stage.putText('a/b.json', 'second')).rejects.toThrow(/EEXIST/);
  expect(await stage.getText('a/b.json', first.sha256)).toBe('first');
  expect(first).toMatchObject({ bytes: 5, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('I8: contents that are not what was recorded are refused', async () => {
  const stage = openStage(url());
  const { key, sha256 } = await stage.putText('a/b.json', 'as recorded');
  expect(await readFile(await stage.verified(key, sha256, root), 'utf8')).toBe('as recorded');
  await writeFile(join(root, key), 'tampered');
  await expect(stage.verified(key, sha256, root)).rejects.toMatchObject({ code: 'stage.corrupt' });
  await expect(stage.verified('a/gone.json', sha256, root)).rejects.toMatchObject({ code: 'stage.corrupt' });
});

test('I8: a file that was found intact is looked through again as soon as somebody has touched it', async () => {
  const stage = openStage(url());
  const { key, sha256 } = await stage.putText('a/b.json', 'as recorded');
  const path = await stage.verified(key, sha256, root);
  expect(await stage.verified(key, sha256, root)).toBe(path);
  await writeFile(path, 'as RECORDED');
  await expect(stage.verified(key, sha256, root)).rejects.toMatchObject({ code: 'stage.corrupt' });
  await writeFile(path, 'as recorded');
  expect(await stage.verified(key, sha256, root)).toBe(path);
  await expect(stage.verified(key, sha256.replace(/^./, 'x'), root)).rejects.toMatchObject({ code: 'stage.corrupt' });
});

test('I8: what the writer says that it has written is what must be read', async () => {
  const stage = openStage(url());
  const { path } = await stage.tempDir();
  await writeFile(join(path, 'rows'), 'what the disk has kept');
  const stored = await stage.put('a/rows', join(path, 'rows'), 'f'.repeat(64));
  await expect(openStage(url()).verified('a/rows', stored.sha256, root)).rejects.toMatchObject({ code: 'stage.corrupt' });
});

test('a key never leaves the stage', async () => {
  const stage = openStage(url());
  for (const key of ['../x', 'a/../../x', '/x', 'a//x', '.'])
    await expect(async () => stage.putText(key, 'x')).rejects.toThrow(/not a stage key/);
});

test('names of streams become path parts that stay readable and inside', () => {
  expect(pathPart('public.orders')).toBe('public.orders');
  expect(pathPart('../../etc')).toBe('..%2F..%2Fetc');
  expect(pathPart('..')).toBe('%2E%2E');
  expect(pathPart('a*b c')).toBe('a%2Ab%20c');
});

test('every attempt has a folder of its own', () => {
  const address = { workspaceId: 'wsp_default', connectionId: 'con_1', run: 3, feed: 'public.orders', slice: 7 };
  const [a, b] = [sliceFolder(address, 'extract'), sliceFolder(address, 'extract')];
  expect(a).toMatch(/^wsp_default\/con_1\/3\/public\.orders\/7\.extract-[0-9a-f]{12}$/);
  expect(a).not.toBe(b);
});

test('temporary folders are removed: our own at once, those of dead processes at the next start', async () => {
  const stage = openStage(url());
  {
    await using temp = await stage.tempDir();
    await writeFile(join(temp.path, 'x'), 'x');
  }
  const folder = join(root, '.tmp', hostname());
  expect(await readdir(folder)).toEqual([]);
  const alive = `${process.pid}-abc`;
  for (const name of ['999999999-abc', alive]) await mkdir(join(folder, name));
  await stage.removeAbandoned();
  expect(await readdir(folder)).toEqual([alive]);
});

test('a URL that no stage can be made of is refused by name', () => {
  for (const wrong of ['s3:bucket', 's3:///prefix', 'gs://bucket/x', '/folder'])
    expect(() => openStage(wrong), wrong).toThrow(/MILLRACE_STAGE_URL.*file:.*s3:/);
});
