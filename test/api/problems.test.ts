import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateKey } from '../../api/auth/key-format.js';
import { CATALOGUE } from '../../platform/errors/catalogue.js';
import { type Harness, type Reply, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

function expectProblem(reply: Reply, status: number, code: keyof typeof CATALOGUE): void {
  expect(reply.status, reply.text).toBe(status);
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(reply.body).toEqual({
    type: `urn:millrace:error:${code}`,
    title: CATALOGUE[code].title,
    status,
    detail: expect.stringMatching(/./),
    code,
    suggestion: expect.stringMatching(/./),
    errors: expect.any(Array),
    retryable: CATALOGUE[code].recovery === 'retry',
    requestId: reply.headers.get('x-request-id'),
  });
}

describe('authentication', () => {
  test('there is no answer without a key, and no way around it', async () => {
    for (const path of ['/v1/sources', '/v1/connectors', '/v1/runs', '/v1/api-keys', '/v1/connections/con_1/state']) {
      const reply = await api.call('GET', path, { key: null });
      expectProblem(reply, 401, 'request.unauthenticated');
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['a malformed key', 'mrk_x_y'],
    ['a well-formed key that nobody made', generateKey().text],
  ])('%s is refused', async (_name, key) => {
    expectProblem(await api.call('GET', '/v1/sources', { key }), 401, 'request.unauthenticated');
  });

  test('a genuine prefix with a wrong secret is refused', async () => {
    const key = `${api.adminKey.slice(0, -4)}0000`;
    expectProblem(await api.call('GET', '/v1/sources', { key }), 401, 'request.unauthenticated');
  });

  test('only Bearer is understood', async () => {
    const headers = { authorization: `Basic ${Buffer.from(`x:${api.adminKey}`).toString('base64')}` };
    expectProblem(await api.call('GET', '/v1/sources', { key: null, headers }), 401, 'request.unauthenticated');
  });

  test('health and documentation are open', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs']) {
      expect((await api.call('GET', path, { key: null })).status).toBe(200);
    }
  });
});

describe('API keys', () => {
  async function createKey(body: object): Promise<{ id: string; key: string }> {
    const reply = await api.call('POST', '/v1/api-keys', { body: { name: 'k', ...body } });
    expect(reply.status, reply.text).toBe(201);
    return reply.body;
  }

  test('read sees and changes nothing, operate runs, admin configures', async () => {
    const read = await createKey({ scope: 'read' });
    const operate = await createKey({ scope: 'operate' });
    expect((await api.call('GET', '/v1/sources', { key: read.key })).status).toBe(200);
    const refused = await api.call('POST', '/v1/connections/con_1/syncs', { key: read.key });
    expectProblem(refused, 403, 'request.forbidden');
    expect(refused.body.detail).toContain("'operate'");
    expectProblem(await api.call('POST', '/v1/connections/con_1/syncs', { key: operate.key }), 404, 'request.not_found');
    expectProblem(await api.call('POST', '/v1/sources', { key: operate.key, body: {} }), 403, 'request.forbidden');
    expectProblem(await api.call('GET', '/v1/api-keys', { key: operate.key }), 403, 'request.forbidden');
  });

  test('a key is shown once, stored as a hash only, and its use is noted', async () => {
    const { id, key } = await createKey({ scope: 'read' });
    await api.call('GET', '/v1/sources', { key });
    const list = await api.call('GET', '/v1/api-keys');
    const shown = list.body.data.find((item: { id: string }) => item.id === id);
    expect(shown).toMatchObject({ scope: 'read', revokedAt: null, expiresAt: null, lastUsedAt: expect.stringMatching(/Z$/) });
    expect(key.startsWith(`${shown.prefix}_`)).toBe(true);
    const secret = key.split('_')[2] ?? '';
    expect(list.text).not.toContain(secret);
    expect(JSON.stringify(await api.db('api_keys').select())).not.toContain(secret);
  });

  test('an expired key is refused', async () => {
    const { id, key } = await createKey({ scope: 'read', expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect((await api.call('GET', '/v1/sources', { key })).status).toBe(200);
    await api
      .db('api_keys')
      .where({ id })
      .update({ expires_at: new Date(Date.now() - 1) });
    expectProblem(await api.call('GET', '/v1/sources', { key }), 401, 'request.unauthenticated');
  });

  test('a revoked key is refused at once, and revoking is repeatable', async () => {
    const { id, key } = await createKey({ scope: 'admin' });
    expect((await api.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204);
    expectProblem(await api.call('GET', '/v1/sources', { key }), 401, 'request.unauthenticated');
    expectProblem(await api.call('DELETE', '/v1/api-keys/key_0'), 404, 'request.not_found');
  });

  test('a key cannot be made expired', async () => {
    const reply = await api.call('POST', '/v1/api-keys', {
      body: { name: 'k', scope: 'read', expiresAt: '2020-01-01T00:00:00Z' },
    });
    expectProblem(reply, 400, 'request.invalid');
    expect(reply.body.errors).toMatchObject([{ path: 'expiresAt' }]);
  });
});

describe('requests that no route gets to see', () => {
  test('unknown routes and methods', async () => {
    expectProblem(await api.call('GET', '/nope'), 404, 'request.not_found');
    expectProblem(await api.call('DELETE', '/v1/runs'), 404, 'request.not_found');
  });

  test('a malformed URL', async () => {
    expectProblem(await api.call('GET', '/v1/runs/%zz'), 400, 'request.invalid');
  });

  test('malformed JSON', async () => {
    expectProblem(await api.call('POST', '/v1/sources', { body: '{"name":' }), 400, 'request.invalid');
  });

  test('a foreign media type', async () => {
    const reply = await api.call('POST', '/v1/sources', { body: 'a=b', headers: { 'content-type': 'text/plain' } });
    expectProblem(reply, 415, 'request.unsupported_media');
  });

  test('a body that is too large', async () => {
    expectProblem(await api.call('POST', '/v1/sources', { body: 'x'.repeat(8 * 1024 * 1024 + 1) }), 413, 'request.too_large');
  });

  test('the request id is echoed', async () => {
    const reply = await api.call('GET', '/nope', { headers: { 'x-request-id': 'mine-1' } });
    expect(reply.body.requestId).toBe('mine-1');
    expect(reply.headers.get('x-request-id')).toBe('mine-1');
  });
});

describe('invalid requests', () => {
  test('every wrong and every unknown field is named', async () => {
    const reply = await api.call('POST', '/v1/sources', { body: { name: '', config: {}, extra: 1 } });
    expectProblem(reply, 400, 'request.invalid');
    expect(reply.body.errors.map((error: { path: string }) => error.path).sort()).toEqual(['connector', 'extra', 'name']);
  });

  test('query parameters too', async () => {
    const reply = await api.call('GET', '/v1/runs?limit=0&offset=3&status=done');
    expectProblem(reply, 400, 'request.invalid');
    expect(reply.body.errors.map((error: { path: string }) => error.path).sort()).toEqual(['limit', 'offset', 'status[0]']);
  });

  test('text that Postgres cannot hold', async () => {
    const body = { name: 'a\u0000b', connector: 'postgres', config: { host: 'h' } };
    expectProblem(await api.call('POST', '/v1/sources', { body }), 400, 'request.invalid');
  });

  test('a prototype cannot be polluted', async () => {
    const reply = await api.call('POST', '/v1/api-keys', { body: '{"name":"p","scope":"read","__proto__":{"polluted":true}}' });
    expect([201, 400]).toContain(reply.status);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

test('what goes wrong inside is answered without our inside', async () => {
  await api.db.raw('alter table runs rename to runs_gone');
  try {
    const reply = await api.call('GET', '/v1/runs');
    expectProblem(reply, 500, 'engine.internal');
    expect(reply.text).not.toMatch(/runs|select|relation/i);
  } finally {
    await api.db.raw('alter table runs_gone rename to runs');
  }
});
