import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import { describeConfig } from '../../platform/secrets/config.js';
import { secretTexts } from '../../platform/secrets/mask.js';
import { convertZodSchema } from '../../api/openapi/schema-converter.js';
import { type TempHome, tempHome } from '../../test/support/temp-home.js';
import { findSource, originOf, sources } from '../registry.js';
import { entryOf } from './entry.js';
import { connectorDependencies, findModule } from './find.js';
import { importConnectors, loadConnectors } from './index.js';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

let home: TempHome;
beforeAll(async () => {
  home = await tempHome('packages');
});
afterAll(() => home[Symbol.asyncDispose]());

/** A project with one connector package; `source` is the text of its module. */
function project(name: string, packageName: string, source: string, manifest: object = { exports: './index.js' }): string {
  const folder = join(home.path, name);
  const place = join(folder, 'node_modules', packageName);
  mkdirSync(place, { recursive: true });
  write(join(folder, 'package.json'), { dependencies: { [packageName]: '1.2.3', pg: '8.0.0' } });
  write(join(place, 'package.json'), { name: packageName, version: '1.2.3', type: 'module', ...manifest });
  writeFileSync(join(place, 'index.js'), source);
  if (name.startsWith('own')) cpSync(join(MODULES, 'zod'), join(place, 'node_modules', 'zod'), { recursive: true });
  else symlinkSync(join(MODULES, 'zod'), join(folder, 'node_modules', 'zod'));
  return folder;
}

const write = (path: string, content: object): void => writeFileSync(path, JSON.stringify(content));

const definition = (id: string, more = ''): string => `
import { z } from 'zod';
export default {
  id: '${id}', title: 'Made by others', stability: 'alpha',
  config: z.strictObject({ token: z.string().meta({ secret: true }).describe('A token.') }),
  check: async () => ({ ok: true, facts: {} }), discover: async () => ({ streams: [] }), read: async function* () {}, ${more}
};`;

interface Said {
  readonly message: string;
  readonly facts: Record<string, unknown> | undefined;
}

async function load(folder: string, configured: readonly string[] = []): Promise<readonly Said[]> {
  const said: Said[] = [];
  const warn = (message: string, facts?: Record<string, unknown>): void => void said.push({ message, facts });
  await loadConnectors({ folder, configured, log: { info: () => undefined, warn } });
  return said;
}

async function refusal(work: Promise<unknown>): Promise<MillraceError> {
  const error: unknown = await work.then(() => undefined).catch((thrown: unknown) => thrown);
  if (isMillraceError(error)) return error;
  throw new Error(`not refused: ${String(error)}`);
}

test('a dependency named millrace-connector-* is found, also a scoped one, and says where it comes from', async () => {
  const folder = project('found', '@acme/millrace-connector-found', definition('acme-found'));
  expect(connectorDependencies(folder)).toEqual(['@acme/millrace-connector-found']);
  expect(await load(folder)).toEqual([]);
  const found = findSource('acme-found');
  expect(originOf(found)).toEqual({ package: '@acme/millrace-connector-found', version: '1.2.3' });
  expect(originOf(findSource('postgres'))).toMatchObject({ package: 'millrace' });
  expect(await load(folder)).toEqual([]); // a worker and an API in one process
});

test('a schema made with a copy of zod of its own is walked for secrets and described', async () => {
  await load(project('own-zod', 'millrace-connector-own', definition('acme-own')));
  const { config } = findSource('acme-own');
  expect(secretTexts(config, { token: 'canary' })).toEqual(['canary']);
  expect(describeConfig(config, { token: 'canary' })).toEqual({ token: { set: true } });
  expect(convertZodSchema(config, { schemaType: 'input' } as Parameters<typeof convertZodSchema>[1])).toMatchObject({
    schema: { properties: { token: { secret: true } } },
  });
});

test('an error of another copy of the package is understood as one of ours', () => {
  class Copy extends Error {
    readonly code = 'connector.auth_failed';
    readonly recovery = 'fix_config';
  }
  Object.defineProperty(Copy.prototype, Symbol.for('millrace.error'), { value: true });
  expect(isMillraceError(new Copy('refused'), 'connector.auth_failed')).toBe(true);
  expect(isMillraceError(Object.assign(new Error('x'), { code: 'connector.auth_failed' }))).toBe(false);
});

describe('a package that does not load', () => {
  const broken = {
    'throws at import': ['throws', 'throw new Error("no such driver")', 'cannot be loaded: no such driver'],
    'exports nothing': ['empty', 'export const x = 1', 'exports no connector'],
    'exports half a connector': ['half', "export default { id: 'Half', read() {} }", 'id is no name such as my-system'],
    'takes an id that is there': ['taken', definition('postgres'), "declares the source 'postgres', which millrace"],
    'has a schema that is none': ['schema', definition('odd', 'config: {}'), 'config is no schema of zod 4'],
  } as const;

  test.each(Object.entries(broken))('%s: as a dependency it is told and left out', async (_, [name, source, why]) => {
    const before = [...sources.keys()];
    const said = await load(project(`left-${name}`, `millrace-connector-${name}`, source));
    expect(said).toHaveLength(1);
    expect(said[0]?.facts).toMatchObject({ package: `millrace-connector-${name}`, why: expect.stringContaining(why) });
    expect([...sources.keys()]).toEqual(before);
    expect(() => findSource('half')).toThrow(`millrace-connector-${name} could not be loaded`);
  });

  test.each(Object.entries(broken))('%s: configured, it is an error that says what to do', async (_, [name, source, why]) => {
    const folder = project(`named-${name}`, `millrace-connector-${name}`, source);
    const error = await refusal(load(folder, [`millrace-connector-${name}`]));
    expect(error).toMatchObject({ code: 'setup.invalid', message: expect.stringContaining(`millrace-connector-${name} 1.2.3`) });
    expect(error.message).toContain(why);
    expect(error.suggestion).not.toBe('Correct the environment variable that detail names.');
  });
});

test.each([
  ['millrace-connector-absent', 'is not installed in', 'npm install millrace-connector-absent'],
  ['./nowhere', 'there is nothing at', 'Correct the path.'],
])('%s: what cannot be found is named', async (specifier, why, fix) => {
  const error = await refusal(load(home.path, [specifier]));
  expect(error.message).toContain(why);
  expect(error.suggestion).toContain(fix);
});

test('a folder is a package that need not be installed; one that is not built says so', async () => {
  const folder = project('folder', 'millrace-connector-folder', definition('acme-folder'), { main: 'dist/index.js' });
  const error = await refusal(load(folder, ['./node_modules/millrace-connector-folder']));
  expect(error).toMatchObject({
    message: expect.stringContaining('is not there'),
    suggestion: expect.stringContaining('npm run build'),
  });
  const module = findModule('./node_modules/millrace-connector-folder/index.js', folder);
  expect(module.origin).toEqual({ package: 'millrace-connector-folder', version: '1.2.3' });
  expect((await importConnectors(module)).map(({ kind, definition }) => [kind, definition.id])).toEqual([
    ['source', 'acme-folder'],
  ]);
  expect(dirname(module.entry)).toContain('millrace-connector-folder');
});

test.each([
  [{ exports: './a.js' }, './a.js'],
  [{ exports: { '.': { types: './a.d.ts', import: './a.js', require: './a.cjs' } } }, './a.js'],
  [{ exports: { browser: './b.js', default: { node: './n.js' } } }, './n.js'],
  [{ exports: ['./first.js', './second.js'] }, './first.js'],
  [{ main: 'lib/main.js' }, 'lib/main.js'],
  [{}, 'index.js'],
])('the entry of %j is %s', (manifest, entry) => {
  expect(entryOf(manifest)).toBe(entry);
});
