import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isMillraceError } from '../../../platform/errors/error.js';
import { type TempHome, tempHome } from '../../../test/support/temp-home.js';
import { type ProjectFiles, readProject } from './read-project.js';

let home: TempHome;
beforeEach(async () => {
  home = await tempHome('read-project');
});
afterEach(() => home[Symbol.asyncDispose]());

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home.path, path)), { recursive: true });
    writeFileSync(join(home.path, path), text);
  }
}

const read = (environment: Record<string, string> = {}): ProjectFiles => readProject(home.path, environment);

/** Place and message of every mistake. */
function mistakes(environment?: Record<string, string>): readonly string[] {
  try {
    read(environment);
  } catch (error) {
    if (isMillraceError(error, 'project.invalid')) return (error.fields ?? []).map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

const MAIN = 'name: shop\nsources:\n  crm: { connector: postgres }\n';
const SHOP = 'source: crm\ndestination: warehouse\nstreams:\n  - { name: public.a, mode: mirror }\n';

describe('the files of a project', () => {
  test('connections are found by pattern, named by their file or by themselves', () => {
    write({ 'millrace.yaml': MAIN, 'connections/shop.yaml': SHOP, 'connections/b.yaml': `name: crm to warehouse\n${SHOP}` });
    const { name, systems, connections } = read();
    expect(name).toBe('shop');
    expect(systems).toMatchObject([{ kind: 'source', name: 'crm', connector: 'postgres', config: {}, labels: {} }]);
    expect(connections.map((one) => one.name)).toEqual(['crm to warehouse', 'shop']);
    expect(connections[0]).toMatchObject({
      schedule: { type: 'manual' },
      streams: [{ name: 'public.a', rowPolicy: 'null_field' }],
    });
  });

  test('patterns go into folders, and no file is read twice', () => {
    write({
      'millrace.yaml': `${MAIN}connections: ['**/*.yaml', a/b/shop.yaml]\n`.replace('**/', 'a/**/'),
      'a/b/shop.yaml': SHOP,
    });
    expect(read().connections.map(({ name }) => name)).toEqual(['shop']);
  });

  test('a pattern that matches nothing is a warning, a file that is not there an error', () => {
    write({ 'millrace.yaml': MAIN });
    expect(read().warnings).toEqual(['No file matches connections/*.yaml: the project has no connections from there.']);
    write({ 'millrace.yaml': `${MAIN}connections: shop.yaml\n` });
    expect(mistakes()).toEqual(['millrace.yaml:4:1 There is no file shop.yaml.']);
  });

  test('what is used several times is written once', () => {
    write({
      'millrace.yaml': MAIN,
      'connections/shop.yaml': `x-usual: &usual { mode: mirror, deletes: soft }
source: crm
destination: warehouse
streams:
  - { <<: *usual, name: s.a }
  - { <<: *usual, name: s.b, deletes: hard }
`,
    });
    expect(read().connections[0]?.streams).toMatchObject([
      { name: 's.a', mode: 'mirror', deletes: 'soft' },
      { name: 's.b', mode: 'mirror', deletes: 'hard' },
    ]);
  });

  test('without millrace.yaml it says what makes one', () => {
    expect(() => read()).toThrow(
      expect.objectContaining({ code: 'project.invalid', suggestion: expect.stringContaining('init') }),
    );
  });
});

describe('every mistake is told with its place', () => {
  test('what is no YAML, and a key that stands twice', () => {
    write({ 'millrace.yaml': 'name: shop\nsources:\n  a: {connector: x}\n  a: {connector: y}\n' });
    expect(mistakes()).toEqual(['millrace.yaml:4:3 Map keys must be unique.']);
    write({ 'millrace.yaml': 'name: [shop\n' });
    expect(mistakes()[0]).toMatch(/^millrace\.yaml:\d+:\d+ /);
  });

  test('unknown fields, wrong values, and missing ones, over all files at once', () => {
    write({
      'millrace.yaml': `${MAIN}extra: 1\n`,
    });
    expect(mistakes()).toEqual(['millrace.yaml:4:1 extra: There is no such field.']);
    write({
      'millrace.yaml': MAIN,
      'connections/a.yaml': SHOP.replace('mirror', 'miror'),
      'connections/b.yaml': `${SHOP}schedule:\n  type: interval\n  every: often\n`,
      'connections/c.yaml': 'source: crm\n',
    });
    expect(mistakes()).toEqual([
      expect.stringMatching(/^connections\/a\.yaml:4:23 streams\[0\]\.mode: Invalid option/),
      'connections/b.yaml:7:3 schedule.every: a duration such as 30s, 15m, 2h',
      expect.stringMatching(/^connections\/c\.yaml:1:1 destination: /),
      expect.stringMatching(/^connections\/c\.yaml:1:1 streams: /),
    ]);
  });

  test('a name that two connections have, and labels that only apply may write', () => {
    write({ 'millrace.yaml': MAIN, 'connections/a.yaml': `name: shop\n${SHOP}`, 'connections/shop.yaml': SHOP });
    expect(mistakes()).toEqual(['connections/shop.yaml:1:1 name: connections/a.yaml is named shop already.']);
    write({ 'connections/shop.yaml': `${SHOP}labels: { millrace/project: other }\n` });
    expect(mistakes()[0]).toContain('labels that begin with millrace/ are written by apply');
  });

  test('variables that are not set', () => {
    write({ 'millrace.yaml': 'name: ${PROJECT}\nsources:\n  crm:\n    connector: "${KIND}"\n' });
    expect(mistakes({ PROJECT: 'shop' })).toEqual(['millrace.yaml:4:16 The variable KIND is not set.']);
  });
});

describe('variables', () => {
  const config = (yaml: string, environment: Record<string, string>): unknown => {
    write({ 'millrace.yaml': `name: shop\nsources:\n  crm:\n    connector: postgres\n    config:\n${yaml}` });
    return read(environment).systems[0]?.config;
  };

  test('without quotes are what YAML would read, in quotes and in longer texts they are text', () => {
    const yaml = '      port: ${PORT}\n      user: "${PORT}"\n      database: db${PORT}\n      id: ${ID}\n      ssl: ${SSL}\n';
    expect(config(yaml, { PORT: '5432', ID: '007', SSL: 'true' })).toEqual({
      port: 5432,
      user: '5432',
      database: 'db5432',
      id: '007',
      ssl: true,
    });
  });

  test('stand in values only: keys and comments stay as they are', () => {
    expect(config('      ${KEY}: x # ${COMMENT}\n', {})).toEqual({ '${KEY}': 'x' });
  });

  test('come from .env when the environment does not have them', () => {
    write({ '.env': 'HOST=from-file\nUSER_NAME="from file"\n' });
    expect(config('      host: ${HOST}\n      user: ${USER_NAME}\n', { HOST: 'from-environment' })).toEqual({
      host: 'from-environment',
      user: 'from file',
    });
  });

  test('whose value holds YAML cannot change what the file says', () => {
    expect(config('      host: ${HOST}\n', { HOST: 'a\n      port: 1' })).toEqual({ host: 'a\n      port: 1' });
  });
});
