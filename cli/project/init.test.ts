import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONNECTORS, EMPTY, compareFolder } from '../../test/support/project.js';
import { type TempHome, tempHome } from '../../test/support/temp-home.js';
import { writeFiles } from './files/write-files.js';
import { projectTemplate } from './init.js';

let home: TempHome;
beforeEach(async () => {
  home = await tempHome('init');
});
afterEach(() => home[Symbol.asyncDispose]());

const SOURCES = CONNECTORS.filter(({ kind }) => kind === 'source').map(({ id }) => id);
const DESTINATIONS = CONNECTORS.filter(({ kind }) => kind === 'destination').map(({ id }) => id);
const PAIRS = SOURCES.flatMap((source) => DESTINATIONS.map((destination) => ({ source, destination })));

test.each(PAIRS)('a project from $source to $destination is valid as it is written', ({ source, destination }) => {
  const { files, variables } = projectTemplate({ folder: home.path, name: 'shop', source, destination });
  expect(files.size).toBeLessThanOrEqual(8);
  writeFiles(home.path, files, { force: false });
  const urlOf = (name: string) => `${name.startsWith('MYSQL') ? 'mysql' : 'postgresql'}://user:password@host/database`;
  const environment = Object.fromEntries(variables.map((name) => [name, urlOf(name)]));
  const { steps, mistakes, problems } = compareFolder(home.path, EMPTY, { environment });
  expect({ mistakes, problems }).toEqual({ mistakes: [], problems: [] });
  expect(steps.map(({ action, kind }) => `${action} ${kind}`)).toEqual([
    'create source',
    'create destination',
    'create connection',
  ]);
});

test('nothing is written when one of the files is there', () => {
  const { files } = projectTemplate({ folder: home.path, name: 'shop', source: 'postgres', destination: 'postgres' });
  writeFiles(home.path, new Map([['.gitignore', 'mine']]), { force: false });
  expect(() => writeFiles(home.path, files, { force: false })).toThrow('.gitignore');
  expect(existsSync(join(home.path, 'millrace.yaml'))).toBe(false);
});

test('the workflow hands every variable on', () => {
  const { files, variables } = projectTemplate({ folder: home.path, name: 'shop', source: 'postgres', destination: 'postgres' });
  expect(variables).toEqual(['CRM_URL', 'WAREHOUSE_URL']);
  for (const name of variables) expect(files.get('.github/workflows/millrace.yml')).toContain(`${name}: \${{ secrets.${name} }}`);
});

test('a connector that does not exist is refused with what was meant', () => {
  const wrong = { folder: home.path, name: 'shop', source: 'postgrs', destination: 'postgres' };
  expect(() => projectTemplate(wrong)).toThrow(expect.objectContaining({ suggestion: 'Did you mean postgres?' }));
});
