import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { createConnection } from './support/connections.js';
import { type Harness, startHarness } from './support/harness.js';

/** Every operation of the committed document with every kind of key: what is added there is tried here by itself. */

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly tags?: readonly string[];
  readonly security?: readonly unknown[];
  readonly 'x-scope'?: string;
}

const SCOPES = ['read', 'operate', 'admin'];
/** The same for everybody. */
const SHARED_TAGS = ['connectors'];

let api: Harness;
let operations: readonly Operation[];
let guarded: readonly Operation[];
const keys: Record<string, string> = {};

beforeAll(async () => {
  const document = JSON.parse(await readFile('docs/openapi.json', 'utf8'));
  operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => Object.assign({}, operation, { method: method.toUpperCase(), path })),
  );
  guarded = operations.filter(({ security }) => security !== undefined);
  api = await startHarness();
  for (const scope of SCOPES) keys[scope] = (await createKey(scope)).key;
});
afterAll(() => api.close());

async function createKey(scope: string): Promise<{ id: string; key: string }> {
  return (await api.call('POST', '/v1/api-keys', { body: { name: scope, scope } })).body;
}

interface Outcome {
  readonly route: string;
  readonly status: number;
  readonly text: string;
}

/** A stream of events is not read to its end. */
async function probe(
  { method, path }: Operation,
  key: string | null,
  { ids = {} as Ids, body = {} as unknown } = {},
): Promise<Outcome> {
  const url = `${api.url}${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => valueOf(name, path, ids))}`;
  const hasBody = method !== 'GET' && method !== 'DELETE';
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
      'if-match': '*',
    },
    ...(hasBody ? { body: JSON.stringify(body) } : {}),
  });
  const endless = response.headers.get('content-type')?.includes('event-stream') === true;
  if (endless) await response.body?.cancel();
  return { route: `${method} ${path}`, status: response.status, text: endless ? '' : await response.text() };
}

/** Ids by the collection that they stand in. */
type Ids = Readonly<Record<string, string>>;

const PREFIXES: Ids = {
  sources: 'src',
  destinations: 'dst',
  connections: 'con',
  runs: 'run',
  rejects: 'rej',
  verifications: 'ver',
  uploads: 'upl',
  'api-keys': 'key',
  workspaces: 'wsp',
};

function valueOf(name: string, path: string, ids: Ids): string {
  const collection = /^\/v1\/([\w-]+)/.exec(path)?.[1] ?? '';
  if (name === 'id') return ids[collection] ?? `${PREFIXES[collection] ?? 'xxx'}_0`;
  return name === 'stream' ? 'public.orders' : 'x';
}

test('only health is open, and nothing that changes something is within reach of a key that reads', () => {
  const open = operations.filter(({ security }) => security === undefined).map(({ path }) => path);
  expect(open.toSorted()).toEqual(['/healthz', '/readyz']);
  expect(guarded.length).toBeGreaterThan(40);
  for (const { method, path, 'x-scope': scope } of guarded) {
    expect(SCOPES, `${method} ${path}`).toContain(scope);
    if (method !== 'GET') expect(scope, `${method} ${path}`).not.toBe('read');
  }
});

test.each([
  ['no key', () => null],
  ['nonsense', () => 'mrk_nonsense'],
  ['a key that was revoked', () => keys['revoked'] ?? ''],
  ['a key that has expired', () => keys['expired'] ?? ''],
])('%s is refused everywhere', async (_name, keyOf) => {
  const [revoked, expired] = [await createKey('admin'), await createKey('admin')];
  Object.assign(keys, { revoked: revoked.key, expired: expired.key });
  await api.db('api_keys').where({ id: revoked.id }).update({ revoked_at: new Date() });
  await api.db('api_keys').where({ id: expired.id }).update({ expires_at: new Date() });
  for (const operation of guarded) expect(await probe(operation, keyOf())).toMatchObject({ status: 401 });
});

describe.each(SCOPES)('the scope %s', (scope) => {
  test('reaches what the document says, and no more', async () => {
    for (const operation of guarded) {
      const { route, status, text } = await probe(operation, keys[scope] ?? null);
      const mayPass = SCOPES.indexOf(scope) >= SCOPES.indexOf(operation['x-scope'] ?? 'admin');
      expect(status === 403, `${route} as ${scope}: ${status} ${text}`).toBe(!mayPass);
      expect([401, 500], `${route} as ${scope}: ${text}`).not.toContain(status);
    }
  });
});

describe('a key of another workspace', () => {
  let foreign: string;
  let ids: Ids;
  let bodies: Readonly<Record<string, unknown>>;

  beforeAll(async () => {
    await api.db('workspaces').insert({ id: 'wsp_other', name: 'other' });
    const key = await createKey('admin');
    foreign = key.key;
    await api.db('api_keys').where({ id: key.id }).update({ workspace_id: 'wsp_other' });
    ids = await oneOfEach();
    const system = { name: 'taken', connector: 'postgres', config: { host: 'h' } };
    const streams = [{ name: 'public.orders', mode: 'full_refresh_overwrite' }];
    bodies = {
      'PATCH /v1/workspaces/{id}': { name: 'taken' },
      'PUT /v1/sources/{id}': system,
      'PUT /v1/destinations/{id}': system,
      'PUT /v1/connections/{id}': { name: 'taken', sourceId: ids['sources'], destinationId: ids['destinations'], streams },
      'PUT /v1/connections/{id}/state': { feeds: { 'public.orders': { position: { kind: 'start' } } } },
      'POST /v1/runs/{id}/replay': { destinationId: ids['destinations'] },
    };
  });

  async function oneOfEach(): Promise<Ids> {
    const { id: connections, sourceId: sources, destinationId: destinations } = await createConnection(api);
    const [runs, verifications, rejects] = [newId('run'), newId('verification'), newId('reject')];
    const base = { workspace_id: 'wsp_default', connection_id: connections };
    const run = { ...base, id: runs, number: 1, trigger: 'api', status: 'failed', workflow_id: 'w' };
    await api.db('runs').insert(run);
    const verification = {
      ...base,
      id: verifications,
      workflow_id: 'w',
      status: 'failed',
      method: 'hash',
      scope: 'table',
      streams: '[]',
    };
    await api.db('verifications').insert(verification);
    const reject = { ...base, id: rejects, run_id: runs, run_number: 1, stream: 's', track: 't', lineage: 1, seq: 1, rows: 1 };
    await api.db('rejects').insert({ ...reject, reasons: '[]', manifest: '{}' });
    const keyId = (await createKey('read')).id;
    return { connections, sources, destinations, runs, verifications, rejects, 'api-keys': keyId, workspaces: 'wsp_default' };
  }

  test('meets what is there as if it were not', async () => {
    const before = await snapshot();
    const single = guarded.filter(({ path, tags }) => path.includes('{id}') && !tags?.some((tag) => SHARED_TAGS.includes(tag)));
    for (const operation of single) {
      const body = bodies[`${operation.method} ${operation.path}`] ?? {};
      const { route, status, text } = await probe(operation, foreign, { ids, body });
      const none = await probe(operation, foreign, { body });
      expect(none.status, `${route}: ${text}`).toBe(status);
      expect([400, 404], `${route}: ${status} ${text}`).toContain(status);
    }
    expect(await snapshot()).toEqual(before);
  });

  test('finds nothing of it in any list', async () => {
    const lists = guarded.filter(({ method, path }) => method === 'GET' && !path.includes('{'));
    expect(lists.length).toBeGreaterThan(5);
    const hidden = Object.values(ids);
    await api.db('audit').where({ workspace_id: 'wsp_other' }).delete(); // its own attempts, which name them
    for (const operation of lists) {
      const { route, status, text } = await probe(operation, foreign);
      expect(status, `${route}: ${text}`).toBe(200);
      expect(
        hidden.filter((id) => text.includes(id)),
        route,
      ).toEqual([]);
    }
  });

  test('cannot connect to what is there', async () => {
    const body = {
      name: 'x',
      sourceId: ids['sources'],
      destinationId: ids['destinations'],
      streams: [{ name: 's', mode: 'mirror' }],
    };
    const reply = await api.call('POST', '/v1/connections', { key: foreign, body });
    expect([reply.status, reply.body.errors.map(({ path }: { path: string }) => path)]).toEqual([
      422,
      ['sourceId', 'destinationId'],
    ]);
  });

  const snapshot = async (): Promise<unknown[]> =>
    Promise.all(
      ['sources', 'destinations', 'connections', 'runs', 'verifications', 'rejects', 'workspaces'].map((table) =>
        api.db(table).orderBy('id'),
      ),
    );
});
