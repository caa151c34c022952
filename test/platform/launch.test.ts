import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { access, cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

/** A clone with one source file, whose packages are "installed" by a link to the real compiler. */
let clone: TempHome;

beforeEach(async () => {
  clone = await tempHome('clone');
  const inClone = (path: string): string => join(clone.path, path);
  await cp('scripts', inClone('scripts'), { recursive: true });
  await mkdir(inClone('node_modules/@typescript'), { recursive: true });
  for (const name of ['typescript', '@typescript', '@types']) {
    await rm(inClone(`node_modules/${name}`), { recursive: true, force: true });
    await symlink(resolve('node_modules', name), inClone(`node_modules/${name}`)).catch(ignoreMissing);
  }
  const lock = JSON.stringify({ packages: { '': {}, 'node_modules/typescript': { version: '1.0.0' } } });
  await writeFile(inClone('package-lock.json'), lock);
  await writeFile(inClone('node_modules/.package-lock.json'), lock);
  await writeFile(inClone('package.json'), '{"type":"module"}');
  await writeFile(
    inClone('tsconfig.json'),
    JSON.stringify({ compilerOptions: { rootDir: '.', outDir: 'dist', types: [] }, include: ['*/*.ts'], exclude: ['dist'] }),
  );
  await mkdir(inClone('api'));
  await writeFile(inClone('api/a.ts'), 'export const answer: number = 1;\n');
});

afterEach(() => clone[Symbol.asyncDispose]());

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function launch(...args: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(clone.path, 'scripts', 'launch.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  return { code, output: Buffer.concat(chunks).toString() };
}

test('three launches at once build once, and all go on', async () => {
  const launches = await Promise.all([launch('build'), launch('build'), launch('build')]);
  expect(launches.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(launches.filter(({ output }) => output.includes('Building'))).toHaveLength(1);
  expect(await readFile(join(clone.path, 'dist/api/a.js'), 'utf8')).toContain('answer = 1');
});

test('a change is built, and what has no source any more goes', async () => {
  await launch('build');
  await rm(join(clone.path, 'api/a.ts'));
  await writeFile(join(clone.path, 'api/b.ts'), 'export const b = 2;\n');
  expect((await launch('build')).output).toContain('Building');
  expect(await readFile(join(clone.path, 'dist/api/b.js'), 'utf8')).toContain('b = 2');
  await expect(readFile(join(clone.path, 'dist/api/a.js'))).rejects.toThrow('ENOENT');
  expect((await launch('build')).output).toBe('');
});

/** A command line that can only stand by, and says when it was asked to end. */
const STANDING_BY = `declare const process: any;
const { writeFileSync } = process.getBuiltinModule('node:fs');
process.on('SIGTERM', () => {
  writeFileSync('ended', '');
  process.exit(0);
});
writeFileSync('up', '');
setInterval(() => undefined, 1_000);
`;

test('the command can be run as it is, after every build', async () => {
  await mkdir(join(clone.path, 'cli'));
  await writeFile(join(clone.path, 'cli/main.ts'), STANDING_BY);
  await launch('build');
  await rm(join(clone.path, 'dist'), { recursive: true });
  await launch('build');
  await access(join(clone.path, 'dist/cli/main.js'), constants.X_OK);
});

test('a signal that ends npm and its shell ends what they have started', async () => {
  await mkdir(join(clone.path, 'cli'));
  await writeFile(join(clone.path, 'cli/main.ts'), STANDING_BY);
  const scripts = { start: 'node scripts/launch.mjs start' };
  await writeFile(join(clone.path, 'package.json'), JSON.stringify({ type: 'module', scripts }));
  const npm = spawn('npm', ['start'], { cwd: clone.path, stdio: 'ignore' });
  const isThere = (name: string) => (): boolean => existsSync(join(clone.path, name));
  await waitFor(isThere('up'), { what: 'it runs', timeoutMs: 30_000 });
  npm.kill('SIGTERM');
  await waitFor(isThere('ended'), { what: 'it was asked to end', timeoutMs: 10_000 });
});

test('a source that does not compile ends with code 1 and is tried again next time', async () => {
  await writeFile(join(clone.path, 'api/a.ts'), 'export const answer: number = "one";\n');
  const broken = await launch('build');
  expect([broken.code, broken.output]).toEqual([1, expect.stringContaining('The build failed')]);
  expect((await launch('build')).code).toBe(1);
});

test('the lock of a launch that was killed does not hold up the next', async () => {
  await mkdir(join(clone.path, '.cache'));
  await writeFile(join(clone.path, '.cache/launch.lock'), '4194305');
  expect((await launch('build')).code).toBe(0);
});

test('packages that cannot be had end with code 3 and one message', async () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { nothing: '1.0.0' } },
      'node_modules/nothing': { version: '1.0.0', resolved: 'http://127.0.0.1:1/x.tgz' },
    },
  };
  await writeFile(join(clone.path, 'package.json'), '{"type":"module","dependencies":{"nothing":"1.0.0"}}');
  await writeFile(join(clone.path, 'package-lock.json'), JSON.stringify(lock));
  await writeFile(join(clone.path, '.npmrc'), 'registry=http://127.0.0.1:1/\nfetch-retries=0\n');
  const refused = await launch('build');
  expect(refused.code).toBe(3);
  expect(refused.output).toContain('could not be installed');
});

test('an unknown command names those there are', async () => {
  const refused = await launch('fly');
  expect([refused.code, refused.output]).toEqual([2, expect.stringContaining('quickstart')]);
});
