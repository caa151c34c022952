import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EMPTY, type ComparedFolder, after, compareFolder, writeProject } from '../../test/support/project.js';
import { type TempHome, tempHome } from '../../test/support/temp-home.js';
import type { Existing } from './existing.js';
import { planHash } from './plan.js';

let home: TempHome;
beforeEach(async () => {
  home = await tempHome('compare');
});
afterEach(() => home[Symbol.asyncDispose]());

const ENVIRONMENT = { CRM_URL: 'postgresql://sync:hunter2@db/crm', WAREHOUSE_URL: 'postgresql://load:hunter3@dwh/dwh' };

interface Texts {
  readonly crm?: string;
  readonly shop?: string;
  readonly more?: string;
  readonly main?: string;
}

const CRM = 'connector: postgres\n    config: { url: "${CRM_URL}" }';
const SHOP =
  'source: crm\ndestination: warehouse\nschedule: { type: interval, every: 1h }\nstreams:\n  - { name: s.a, mode: mirror }\n';

function write({ crm = CRM, shop = SHOP, more = '', main = '' }: Texts = {}): void {
  writeProject(home.path, {
    'millrace.yaml': `name: shop
sources:
  crm:
    ${crm}
destinations:
  warehouse:
    connector: postgres
    config: { url: "\${WAREHOUSE_URL}", schema: raw }
${main}`,
    ...(shop && { 'connections/shop.yaml': shop }),
    ...(more && { 'connections/more.yaml': more }),
  });
}

const look = (existing: Existing, updateSecrets = false): ComparedFolder =>
  compareFolder(home.path, existing, { environment: ENVIRONMENT, updateSecrets });

/** As `apply` would leave it. */
function applied(texts: Texts = {}, existing = EMPTY): Existing {
  write(texts);
  return after(existing, look(existing));
}

const brief = ({ steps }: ComparedFolder): readonly string[] =>
  steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`);

describe('a plan', () => {
  test('makes systems before the connection that needs them, and then has nothing to do', () => {
    write();
    const first = look(EMPTY);
    expect(brief(first)).toEqual(['create source crm', 'create destination warehouse', 'create connection shop']);
    expect(look(after(EMPTY, first))).toMatchObject({ steps: [], problems: [], mistakes: [] });
  });

  test('holds no value of a secret, and neither does its hash', () => {
    write();
    const { steps } = look(EMPTY);
    const shown = steps.map(({ system: _system, connection: _connection, ...step }) => step);
    expect(JSON.stringify(shown)).not.toContain('hunter');
    const other = compareFolder(home.path, EMPTY, { environment: { ...ENVIRONMENT, CRM_URL: 'postgresql://other@db/crm' } });
    expect(planHash('shop', other.steps)).toBe(planHash('shop', steps));
  });

  test('has another hash when it does something else, or what it touches has another revision', () => {
    const existing = applied();
    write({ shop: SHOP.replace('1h', '2h') });
    const { steps } = look(existing);
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
    write({ shop: SHOP.replace('1h', '3h') });
    hashes.push(planHash('shop', look(existing).steps));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(planHash('shop', look(existing).steps)).toBe(hashes.at(-1));
  });

  test('changes values one by one; what is written out although it is usual is no change', () => {
    const existing = applied();
    write({ shop: SHOP.replace('1h', '2h').replace('mode: mirror', 'mode: mirror, rowPolicy: null_field') });
    expect(look(existing).steps).toMatchObject([
      { action: 'update', name: 'shop', changes: [{ path: 'schedule.every', before: '1h', after: '2h' }], destroys: false },
    ]);
  });

  test('shows of a stream that comes or goes only what is written of it', () => {
    const existing = applied();
    write({ shop: SHOP.replace('s.a, mode: mirror', 's.b, mode: scd2') });
    expect(look(existing).steps[0]?.changes).toEqual([
      { path: 'streams[s.a].mode', before: 'mirror' },
      { path: 'streams[s.b].mode', after: 'scd2' },
    ]);
  });

  test('deletes only what the project has made, connections first', () => {
    const mine = applied({ more: SHOP.replaceAll('s.a', 's.b') });
    const [warehouse] = mine.systems.filter(({ kind }) => kind === 'destination');
    const foreign = { ...warehouse, id: 'destination_x', name: 'theirs', labels: { team: 'sales' } };
    const existing = { ...mine, systems: [...mine.systems, foreign as (typeof mine.systems)[number]] };
    write({ shop: '' });
    expect(brief(look(existing))).toEqual(['delete connection more', 'delete connection shop']);
    expect(look(existing).steps.every(({ destroys }) => destroys)).toBe(true);
  });

  test('tells a rename, which is a delete and a create', () => {
    const existing = applied();
    write({ shop: `name: new\n${SHOP}` });
    const { steps } = look(existing);
    expect(steps.map(({ action, name }) => `${action} ${name}`)).toEqual(['create new', 'delete shop']);
    expect(steps[0]?.notes.join()).toContain('It looks like shop by a new name');
  });

  test('replaces a connection whose source is another one, and both ends of a connector that changed', () => {
    const existing = applied({ main: 'connections: connections/*.yaml\n' });
    write({ crm: 'connector: files\n    config: { root: "file:///data", streams: [{ name: s.a, path: a.csv, format: csv }] }' });
    const next = look(existing);
    expect(brief(next)).toEqual(['replace source crm', 'replace connection shop']);
    const now = after(existing, next);
    expect(now.connections[0]?.sourceId).toBe(now.systems.find(({ kind }) => kind === 'source')?.id);
    expect(now.systems).toHaveLength(2);
    expect(look(now).steps).toEqual([]);
  });
});

describe('what is there already', () => {
  const stripped = (existing: Existing, labels: Record<string, string> = {}): Existing => ({
    systems: existing.systems.map((system) => ({ ...system, labels })),
    connections: existing.connections.map((connection) => ({ ...connection, labels })),
  });

  test('and belongs to nobody is taken over, with nothing but its labels changed', () => {
    const existing = stripped(applied());
    const next = look(existing);
    expect(next.steps).toMatchObject([
      { action: 'update', kind: 'source', adopts: true, changes: [] },
      { action: 'update', kind: 'destination', adopts: true, changes: [] },
      { action: 'update', kind: 'connection', adopts: true, changes: [] },
    ]);
    expect(next.steps.map(({ system }) => system?.config)).toEqual([undefined, undefined, undefined]);
    expect(look(after(existing, next)).steps).toEqual([]);
  });

  test('and belongs to another project is refused', () => {
    const { problems } = look(stripped(applied(), { 'millrace/project': 'other' }));
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^source crm: It belongs to the project other \(source_\d+\)\.$/),
      expect.stringMatching(/^destination warehouse: /),
      expect.stringMatching(/^connection shop: /),
    ]);
  });

  test('twice by one name is refused, unless one of them is the project’s own', () => {
    const existing = applied();
    const twin = { ...existing.connections[0], id: 'connection_x', labels: {} } as (typeof existing.connections)[number];
    expect(look({ ...existing, connections: [...existing.connections, twin] }).steps).toEqual([]);
    const nobodys = stripped({ ...existing, connections: [...existing.connections, twin] });
    expect(look(nobodys).problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('connection shop: There are 2 of that name'),
    ]);
  });

  test('may be used without being in the files; what is nowhere is told with what was meant', () => {
    const foreign = stripped(applied());
    writeProject(home.path, { 'millrace.yaml': 'name: shop\n', 'connections/mine.yaml': SHOP });
    expect(brief(look(foreign))).toEqual(['create connection mine']);
    writeProject(home.path, { 'connections/mine.yaml': SHOP.replace('warehouse', 'warehuse') });
    expect(look(foreign).problems).toMatchObject([
      { path: 'connections/mine.yaml:2:1', message: expect.stringContaining('Did you mean warehouse?') },
    ]);
  });

  test('is not deleted while others use it', () => {
    const existing = applied();
    const user = { ...existing.connections[0], id: 'connection_x', name: 'theirs', labels: {} };
    writeProject(home.path, { 'millrace.yaml': 'name: shop\n' });
    const { problems } = look({
      ...existing,
      connections: [...existing.connections, user as (typeof existing.connections)[number]],
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'The source crm would be deleted, but theirs, which is not of this project, uses it.',
      expect.stringContaining('The destination warehouse would be deleted'),
    ]);
  });
});

describe('drift', () => {
  test('names the fields that somebody has changed since the last apply, and sets them back', () => {
    const existing = applied();
    const [shop] = existing.connections;
    if (!shop) throw new RangeError('no connection');
    const changed = { ...shop, settings: { ...shop.settings, pauseAfterFailures: 3 }, labels: { ...shop.labels, team: 'sales' } };
    const drifted = { ...existing, connections: [changed] };
    expect(look(drifted).steps).toMatchObject([
      {
        drifted: ['pauseAfterFailures', 'labels'],
        changes: [
          { path: 'pauseAfterFailures', before: 3, after: 20 },
          { path: 'labels.team', before: 'sales' },
        ],
      },
    ]);
    expect(look(after(drifted, look(drifted))).steps).toEqual([]);
  });

  test('is not what the files themselves change', () => {
    const existing = applied();
    write({ shop: SHOP.replace('1h', '2h') });
    expect(look(existing).steps).toMatchObject([{ drifted: [] }]);
  });

  test('that the files have caught up with only renews the mark', () => {
    const existing = applied();
    const [shop] = existing.connections;
    if (!shop) throw new RangeError('no connection');
    const drifted = { ...existing, connections: [{ ...shop, settings: { ...shop.settings, keepStaged: '7d' } }] };
    write({ shop: `${SHOP}keepStaged: 7d\n` });
    const next = look(drifted);
    expect(next.steps).toMatchObject([{ action: 'update', changes: [], drifted: ['keepStaged'] }]);
    expect(look(after(drifted, next)).steps).toEqual([]);
  });
});

describe('secrets', () => {
  const config = (text: string): Texts => ({ crm: `connector: postgres\n    config: ${text}` });

  test('in clear are refused with what to write instead', () => {
    write(config('{ host: db, password: hunter2 }'));
    const [mistake = ''] = look(EMPTY).mistakes;
    expect(mistake).toMatch(/^millrace\.yaml:5:25 sources\.crm\.config\.password: A secret does not stand in a file\./);
    expect(mistake).toContain('env:CRM_PASSWORD');
    expect(mistake).not.toContain('hunter2');
    for (const partly of ['x${CRM_URL}', '${NONE:-hunter2}']) {
      write(config(`{ host: db, password: "${partly}" }`));
      expect(look(EMPTY).mistakes).toHaveLength(1);
    }
  });

  test('may be shared by what a file uses several times', () => {
    write({
      crm: 'connector: postgres\n    config: { <<: *server, database: crm }',
      main: 'x-server: &server { host: db, password: "${CRM_URL}" }\n',
    });
    expect(() => look(EMPTY)).toThrow('millrace.yaml:5:19: Nothing above is marked &server.'); // an anchor stands before what uses it
    write({
      crm: 'connector: postgres\n    config: &server { host: db, password: "${CRM_URL}" }\n  other:\n    connector: postgres\n    config: { <<: *server, database: crm }',
    });
    const { steps, mistakes } = look(EMPTY);
    expect(mistakes).toEqual([]);
    expect(steps[1]).toMatchObject({ name: 'other', secrets: [{ path: 'config.password', from: '${CRM_URL}' }] });
  });

  test('that are empty are refused', () => {
    write();
    const { mistakes } = compareFolder(home.path, EMPTY, { environment: { ...ENVIRONMENT, CRM_URL: '' } });
    expect(mistakes).toEqual(['millrace.yaml:5:15 sources.crm.config.url: ${CRM_URL} is empty.']);
  });

  test('by value cannot be compared, and are sent with another change or when asked to', () => {
    const existing = applied();
    expect(look(existing)).toMatchObject({
      steps: [],
      uncompared: ['sources.crm.config.url (${CRM_URL})', 'destinations.warehouse.config.url (${WAREHOUSE_URL})'],
    });
    expect(brief(look(existing, true))).toEqual(['update source crm', 'update destination warehouse']);
    write(config('{ url: "${CRM_URL}", ssl: require }'));
    const { steps, uncompared } = look(existing);
    expect(steps).toMatchObject([
      {
        changes: [{ path: 'config.ssl', after: 'require' }],
        secrets: [{ path: 'config.url', from: '${CRM_URL}' }],
        system: { config: { url: ENVIRONMENT.CRM_URL, ssl: 'require' } },
      },
    ]);
    expect(uncompared).toHaveLength(1);
  });

  test('that look like numbers stay text', () => {
    write(config('\n      host: db\n      password: ${PIN}'));
    const { steps } = compareFolder(home.path, EMPTY, { environment: { ...ENVIRONMENT, PIN: '1234' } });
    expect(steps[0]?.system?.config).toEqual({ host: 'db', password: '1234' });
  });

  test('by reference are passed on as references, and compared', () => {
    write(config('{ url: env:CRM_URL }'));
    expect(look(EMPTY).steps[0]?.system?.config).toEqual({ url: { ref: 'env:CRM_URL' } });
    const existing = after(EMPTY, look(EMPTY));
    expect(look(existing)).toMatchObject({ steps: [], mistakes: [] });
    write(config('{ url: file:/run/secrets/crm }'));
    expect(look(existing).steps).toMatchObject([
      { changes: [{ path: 'config.url', before: { ref: 'env:CRM_URL' }, after: { ref: 'file:/run/secrets/crm' } }] },
    ]);
    write(config('{ url: { ref: "env:CRM_URL" } }'));
    expect(look(existing)).toMatchObject({ steps: [], mistakes: [] });
    write();
    expect(look(existing).steps).toMatchObject([
      { changes: [{ path: 'config.url', after: { set: true } }], secrets: [{ from: '${CRM_URL}' }] },
    ]);
    const byValue = after(existing, look(existing));
    write(config('{ url: env:CRM_URL }'));
    expect(look(byValue).steps).toMatchObject([
      { changes: [{ path: 'config.url', before: { set: true }, after: { ref: 'env:CRM_URL' } }], secrets: [] },
    ]);
  });

  test('that the files do not name any more are taken away', () => {
    const existing = applied();
    write(config('{ host: db, user: sync }'));
    const next = look(existing);
    expect(next.steps).toMatchObject([{ system: { config: { host: 'db', user: 'sync', url: null } } }]);
    expect(look(after(existing, next)).steps).toEqual([]);
  });
});

test('what a connector or a rule would refuse is told before anything is done, with its place', () => {
  write({ crm: 'connector: postgrs' });
  expect(look(EMPTY).mistakes).toEqual([
    'millrace.yaml:4:5 sources.crm.connector: There is no source connector postgrs. Did you mean postgres?',
  ]);
  write({
    crm: 'connector: postgres\n    config: { url: "${CRM_URL}", port: high, sll: require }',
    shop: SHOP.replace('mirror', 'incremental_append').replace('every: 1h', 'every: 500ms'),
  });
  expect(look(EMPTY).mistakes).toEqual([
    expect.stringMatching(/^millrace\.yaml:5:\d+ sources\.crm\.config\.port: Invalid input/),
    expect.stringMatching(/^millrace\.yaml:5:\d+ sources\.crm\.config\.sll: There is no such field\.$/),
    'connections/shop.yaml:3:29 schedule.every: An interval is at least 1s.',
    expect.stringMatching(/^connections\/shop\.yaml:5:\d+ streams\[0\]\.cursorField: incremental_append needs a cursorField\./),
  ]);
});
