import { describe, expect, test } from 'vitest';
import { EMPTY, after, compareFolder } from '../../test/support/project.js';
import { ENVIRONMENT, SHOP, ShopProject, type Texts, brief } from '../../test/support/shop-project.js';

const project = new ShopProject();

describe('drift', () => {
  test('names the fields that somebody has changed since the last apply, and sets them back', () => {
    const existing = project.applied();
    const [shop] = existing.connections;
    if (!shop) throw new RangeError('no connection');
    const changed = { ...shop, settings: { ...shop.settings, pauseAfterFailures: 3 }, labels: { ...shop.labels, team: 'sales' } };
    const drifted = { ...existing, connections: [changed] };
    expect(project.look(drifted).steps).toMatchObject([
      {
        drifted: ['pauseAfterFailures', 'labels'],
        changes: [
          { path: 'pauseAfterFailures', before: 3, after: 20 },
          { path: 'labels.team', before: 'sales' },
        ],
      },
    ]);
    expect(project.look(after(drifted, project.look(drifted))).steps).toEqual([]);
  });

  test('is not what the files themselves change', () => {
    const existing = project.applied();
    project.write({ shop: SHOP.replace('1h', '2h') });
    expect(project.look(existing).steps).toMatchObject([{ drifted: [] }]);
  });

  test('that the files have caught up with only renews the mark', () => {
    const existing = project.applied();
    const [shop] = existing.connections;
    if (!shop) throw new RangeError('no connection');
    const drifted = { ...existing, connections: [{ ...shop, settings: { ...shop.settings, keepStaged: '7d' } }] };
    project.write({ shop: `${SHOP}keepStaged: 7d\n` });
    const next = project.look(drifted);
    expect(next.steps).toMatchObject([{ action: 'update', changes: [], drifted: ['keepStaged'] }]);
    expect(project.look(after(drifted, next)).steps).toEqual([]);
  });
});

describe('secrets', () => {
  const config = (text: string): Texts => ({ crm: `connector: postgres\n    config: ${text}` });

  test('in clear are refused with what to write instead', () => {
    project.write(config('{ host: db, password: hunter2 }'));
    const [mistake = ''] = project.look(EMPTY).mistakes;
    expect(mistake).toMatch(/^millrace\.yaml:5:25 sources\.crm\.config\.password: A secret does not stand in a file\./);
    expect(mistake).toContain('env:CRM_PASSWORD');
    expect(mistake).not.toContain('hunter2');
    for (const partly of ['x${CRM_URL}', '${NONE:-hunter2}']) {
      project.write(config(`{ host: db, password: "${partly}" }`));
      expect(project.look(EMPTY).mistakes).toHaveLength(1);
    }
  });

  test('may be shared by what a file uses several times', () => {
    project.write({
      crm: 'connector: postgres\n    config: { <<: *server, database: crm }',
      main: 'x-server: &server { host: db, password: "${CRM_URL}" }\n',
    });
    expect(() => project.look(EMPTY)).toThrow('millrace.yaml:5:19: Nothing above is marked &server.'); // an anchor stands before what uses it
    project.write({
      crm: 'connector: postgres\n    config: &server { host: db, password: "${CRM_URL}" }\n  other:\n    connector: postgres\n    config: { <<: *server, database: crm }',
    });
    const { steps, mistakes } = project.look(EMPTY);
    expect(mistakes).toEqual([]);
    expect(steps[1]).toMatchObject({ name: 'other', secrets: [{ path: 'config.password', from: '${CRM_URL}' }] });
  });

  test('that are empty are refused', () => {
    project.write();
    const { mistakes } = compareFolder(project.path, EMPTY, { environment: { ...ENVIRONMENT, CRM_URL: '' } });
    expect(mistakes).toEqual(['millrace.yaml:5:15 sources.crm.config.url: ${CRM_URL} is empty.']);
  });

  test('by value cannot be compared, and are sent with another change or when asked to', () => {
    const existing = project.applied();
    expect(project.look(existing)).toMatchObject({
      steps: [],
      uncompared: ['sources.crm.config.url (${CRM_URL})', 'destinations.warehouse.config.url (${WAREHOUSE_URL})'],
    });
    expect(brief(project.look(existing, true))).toEqual(['update source crm', 'update destination warehouse']);
    project.write(config('{ url: "${CRM_URL}", ssl: require }'));
    const { steps, uncompared } = project.look(existing);
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
    project.write(config('\n      host: db\n      password: ${PIN}'));
    const { steps } = compareFolder(project.path, EMPTY, { environment: { ...ENVIRONMENT, PIN: '1234' } });
    expect(steps[0]?.system?.config).toEqual({ host: 'db', password: '1234' });
  });

  test('by reference are passed on as references, and compared', () => {
    project.write(config('{ url: env:CRM_URL }'));
    expect(project.look(EMPTY).steps[0]?.system?.config).toEqual({ url: { ref: 'env:CRM_URL' } });
    const existing = after(EMPTY, project.look(EMPTY));
    expect(project.look(existing)).toMatchObject({ steps: [], mistakes: [] });
    project.write(config('{ url: file:/run/secrets/crm }'));
    expect(project.look(existing).steps).toMatchObject([
      { changes: [{ path: 'config.url', before: { ref: 'env:CRM_URL' }, after: { ref: 'file:/run/secrets/crm' } }] },
    ]);
    project.write(config('{ url: { ref: "env:CRM_URL" } }'));
    expect(project.look(existing)).toMatchObject({ steps: [], mistakes: [] });
    project.write();
    expect(project.look(existing).steps).toMatchObject([
      { changes: [{ path: 'config.url', after: { set: true } }], secrets: [{ from: '${CRM_URL}' }] },
    ]);
    const byValue = after(existing, project.look(existing));
    project.write(config('{ url: env:CRM_URL }'));
    expect(project.look(byValue).steps).toMatchObject([
      { changes: [{ path: 'config.url', before: { set: true }, after: { ref: 'env:CRM_URL' } }], secrets: [] },
    ]);
  });

  test('that the files do not name any more are taken away', () => {
    const existing = project.applied();
    project.write(config('{ host: db, user: sync }'));
    const next = project.look(existing);
    expect(next.steps).toMatchObject([{ system: { config: { host: 'db', user: 'sync', url: null } } }]);
    expect(project.look(after(existing, next)).steps).toEqual([]);
  });
});
