import { describe, expect, test } from 'vitest';
import { EMPTY, after, compareFolder, writeProject } from '../../test/support/project.js';
import { ENVIRONMENT, SHOP, ShopProject, brief } from '../../test/support/shop-project.js';
import type { Existing } from './existing.js';
import { planHash } from './plan.js';

const project = new ShopProject();

describe('a plan', () => {
  test('makes systems before the connection that needs them, and then has nothing to do', () => {
    project.write();
    const first = project.look(EMPTY);
    expect(brief(first)).toEqual(['create source crm', 'create destination warehouse', 'create connection shop']);
    expect(project.look(after(EMPTY, first))).toMatchObject({ steps: [], problems: [], mistakes: [] });
  });

  test('holds no value of a secret, and neither does its hash', () => {
    project.write();
    const { steps } = project.look(EMPTY);
    const shown = steps.map(({ system: _system, connection: _connection, ...step }) => step);
    expect(JSON.stringify(shown)).not.toContain('hunter');
    const other = compareFolder(project.path, EMPTY, { environment: { ...ENVIRONMENT, CRM_URL: 'postgresql://other@db/crm' } });
    expect(planHash('shop', other.steps)).toBe(planHash('shop', steps));
  });

  test('has another hash when it does something else, or what it touches has another revision', () => {
    const existing = project.applied();
    project.write({ shop: SHOP.replace('1h', '2h') });
    const { steps } = project.look(existing);
    const tagged = steps.map((step) => ({ ...step, etag: '"con_1.1"' }));
    const hashes = [
      planHash('shop', steps),
      planHash('shop', tagged),
      planHash(
        'shop',
        tagged.map((step) => ({ ...step, etag: '"con_1.2"' })),
      ),
      planHash('other', steps),
    ];
    project.write({ shop: SHOP.replace('1h', '3h') });
    hashes.push(planHash('shop', project.look(existing).steps));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(planHash('shop', project.look(existing).steps)).toBe(hashes.at(-1));
  });

  test('changes values one by one; what is written out although it is usual is no change', () => {
    const existing = project.applied();
    project.write({ shop: SHOP.replace('1h', '2h').replace('mode: mirror', 'mode: mirror, rowPolicy: null_field') });
    expect(project.look(existing).steps).toMatchObject([
      { action: 'update', name: 'shop', changes: [{ path: 'schedule.every', before: '1h', after: '2h' }], destroys: false },
    ]);
  });

  test('shows of a stream that comes or goes only what is written of it', () => {
    const existing = project.applied();
    project.write({ shop: SHOP.replace('s.a, mode: mirror', 's.b, mode: scd2') });
    expect(project.look(existing).steps[0]?.changes).toEqual([
      { path: 'streams[s.a].mode', before: 'mirror' },
      { path: 'streams[s.b].mode', after: 'scd2' },
    ]);
  });

  test('deletes only what the project has made, connections first', () => {
    const mine = project.applied({ more: SHOP.replaceAll('s.a', 's.b') });
    const [warehouse] = mine.systems.filter(({ kind }) => kind === 'destination');
    const foreign = { ...warehouse, id: 'destination_x', name: 'theirs', labels: { team: 'sales' } };
    const existing = { ...mine, systems: [...mine.systems, foreign as (typeof mine.systems)[number]] };
    project.write({ shop: '' });
    expect(brief(project.look(existing))).toEqual(['delete connection more', 'delete connection shop']);
    expect(project.look(existing).steps.every(({ destroys }) => destroys)).toBe(true);
  });

  test('tells a rename, which is a delete and a create', () => {
    const existing = project.applied();
    project.write({ shop: `name: new\n${SHOP}` });
    const { steps } = project.look(existing);
    expect(steps.map(({ action, name }) => `${action} ${name}`)).toEqual(['create new', 'delete shop']);
    expect(steps[0]?.notes.join()).toContain('It looks like shop by a new name');
  });

  test('replaces a connection whose source is another one, and both ends of a connector that changed', () => {
    const existing = project.applied({ main: 'connections: connections/*.yaml\n' });
    project.write({
      crm: 'connector: files\n    config: { root: "file:///data", streams: [{ name: s.a, path: a.csv, format: csv }] }',
    });
    const next = project.look(existing);
    expect(brief(next)).toEqual(['replace source crm', 'replace connection shop']);
    const now = after(existing, next);
    expect(now.connections[0]?.sourceId).toBe(now.systems.find(({ kind }) => kind === 'source')?.id);
    expect(now.systems).toHaveLength(2);
    expect(project.look(now).steps).toEqual([]);
  });
});

describe('what is there already', () => {
  const stripped = (existing: Existing, labels: Record<string, string> = {}): Existing => ({
    systems: existing.systems.map((system) => ({ ...system, labels })),
    connections: existing.connections.map((connection) => ({ ...connection, labels })),
  });

  test('and belongs to nobody is taken over, with nothing but its labels changed', () => {
    const existing = stripped(project.applied());
    const next = project.look(existing);
    expect(next.steps).toMatchObject([
      { action: 'update', kind: 'source', adopts: true, changes: [] },
      { action: 'update', kind: 'destination', adopts: true, changes: [] },
      { action: 'update', kind: 'connection', adopts: true, changes: [] },
    ]);
    expect(next.steps.map(({ system }) => system?.config)).toEqual([undefined, undefined, undefined]);
    expect(project.look(after(existing, next)).steps).toEqual([]);
  });

  test('and belongs to another project is refused', () => {
    const { problems } = project.look(stripped(project.applied(), { 'millrace/project': 'other' }));
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^source crm: It belongs to the project other \(source_\d+\)\.$/),
      expect.stringMatching(/^destination warehouse: /),
      expect.stringMatching(/^connection shop: /),
    ]);
  });

  test('twice by one name is refused, unless one of them is the project’s own', () => {
    const existing = project.applied();
    const twin = { ...existing.connections[0], id: 'connection_x', labels: {} } as (typeof existing.connections)[number];
    expect(project.look({ ...existing, connections: [...existing.connections, twin] }).steps).toEqual([]);
    const nobodys = stripped({ ...existing, connections: [...existing.connections, twin] });
    expect(project.look(nobodys).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('connection shop: There are 2 of that name'),
    ]);
  });

  test('may be used without being in the files; what is nowhere is told with what was meant', () => {
    const foreign = stripped(project.applied());
    writeProject(project.path, { 'millrace.yaml': 'name: shop\n', 'connections/mine.yaml': SHOP });
    expect(brief(project.look(foreign))).toEqual(['create connection mine']);
    writeProject(project.path, { 'connections/mine.yaml': SHOP.replace('warehouse', 'warehuse') });
    expect(project.look(foreign).problems).toMatchObject([
      { path: 'connections/mine.yaml:2:1', message: expect.stringContaining('Did you mean warehouse?') },
    ]);
  });

  test('is not deleted while others use it', () => {
    const existing = project.applied();
    const user = { ...existing.connections[0], id: 'connection_x', name: 'theirs', labels: {} };
    writeProject(project.path, { 'millrace.yaml': 'name: shop\n' });
    const { problems } = project.look({
      ...existing,
      connections: [...existing.connections, user as (typeof existing.connections)[number]],
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'The source crm would be deleted, but theirs, which is not of this project, uses it.',
      expect.stringContaining('The destination warehouse would be deleted'),
    ]);
  });
});

test('what a connector or a rule would refuse is told before anything is done, with its place', () => {
  project.write({ crm: 'connector: postgrs' });
  expect(project.look(EMPTY).mistakes).toEqual([
    'millrace.yaml:4:5 sources.crm.connector: There is no source connector postgrs. Did you mean postgres?',
  ]);
  project.write({
    crm: 'connector: postgres\n    config: { url: "${CRM_URL}", port: high, sll: require }',
    shop: SHOP.replace('mirror', 'incremental_append').replace('every: 1h', 'every: 500ms'),
  });
  expect(project.look(EMPTY).mistakes).toEqual([
    expect.stringMatching(/^millrace\.yaml:5:\d+ sources\.crm\.config\.port: Invalid input/),
    expect.stringMatching(/^millrace\.yaml:5:\d+ sources\.crm\.config\.sll: There is no such field\.$/),
    'connections/shop.yaml:3:29 schedule.every: An interval is at least 1s.',
    expect.stringMatching(/^connections\/shop\.yaml:5:\d+ streams\[0\]\.cursorField: incremental_append needs a cursorField\./),
  ]);
});
