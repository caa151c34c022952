import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempHome } from '../test/support/temp-home.js';
import { LocalCopies } from './local-copies.js';

const SHA = 'a'.repeat(64);

test('copies stay while they fit: the oldest make room, and a name that was given away keeps its file', async () => {
  await using home = await tempHome('copies');
  const [kept, reader] = [join(home.path, 'kept'), join(home.path, 'reader')];
  await Promise.all([kept, reader].map((folder) => mkdir(folder)));
  const copies = new LocalCopies(10);
  const keep = async (key: string, text: string): Promise<void> => {
    await writeFile(join(home.path, 'put'), text);
    await copies.keep({ key, bytes: text.length, sha256: SHA }, join(home.path, 'put'), kept);
  };
  await keep('run/1', '12345');
  const path = (await copies.linked('run/1', SHA, reader))!;
  await keep('run/2', '12345');
  await keep('other/3', '123');
  expect(await copies.linked('run/1', SHA, reader)).toBeUndefined();
  expect(await readFile(path, 'utf8')).toBe('12345');
  expect(await copies.linked('run/2', 'b'.repeat(64), reader)).toBeUndefined();
  expect(await readFile((await copies.linked('run/2', SHA, reader))!, 'utf8')).toBe('12345');
  await writeFile(join(kept, (await readdir(kept))[0]!), 'other');
  const [second, third] = [await copies.linked('run/2', SHA, reader), await copies.linked('other/3', SHA, reader)];
  expect(
    [second, third].filter((copy) => copy === undefined),
    'what somebody has touched is fetched anew',
  ).toHaveLength(1);
  await copies.dropBelow('run');
  expect(await copies.linked('run/2', SHA, reader)).toBeUndefined();
  expect(await readdir(kept)).toHaveLength(1);
});
