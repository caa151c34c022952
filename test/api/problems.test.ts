import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateKey } from '../../api/auth/key-format.js';
import { CATALOGUE } from '../../platform/errors/catalogue.js';
import { type Harness, type Reply, assertStatus, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

/** The whole of a problem, to be compared with `shownProblem`. */
function theProblem(status: number, code: keyof typeof CATALOGUE): object {
  return {
    contentType: 'application/problem+json',
    status,
    body: {
      type: `urn:millrace:error:${code}`,
      title: CATALOGUE[code].title,
      status,
      detail: expect.stringMatching(/./),
      code,
      suggestion: expect.stringMatching(/./),
      errors: expect.any(Array),
      retryable: CATALOGUE[code].recovery === 'retry',
      requestId: expect.stringMatching(/./),
    },
    sameRequestId: true,
  };
}

function shownProblem({ status, headers, body }: Reply): object {
  const contentType = headers.get('content-type')?.split(';')[0];
  return { contentType, status, body, sameRequestId: body?.requestId === headers.get('x-request-id') };
}

describe('authentication', () => {
  test('there is no answer without a key, and no way around it', async () => {
    for (const path of ['/v1/sources', '/v1/connectors', '/v1/runs', '/v1/api-keys', '/v1/connections/con_1/state']) {
      const reply = await api.call('GET', path, { key: null });
      expect(shownProblem(reply)).toEqual(theProblem(401, 'request.unauthenticated'));
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each([
    ['nonsense', 'nonsense'],
    ['a malformed key', 'mrk_x_y'],
    ['a well-formed key that nobody made', generateKey().text],
  ])('%s is refused', async (_name, key) => {
    expect(shownProblem(await api.call('GET', '/v1/sources', { key }))).toEqual(theProblem(401, 'request.unauthenticated'));
  });

  test('a genuine prefix with a wrong secret is refused', async () => {
    const key = `${api.adminKey.slice(0, -4)}0000`;
    expect(shownProblem(await api.call('GET', '/v1/sources', { key }))).toEqual(theProblem(401, 'request.unauthenticated'));
  });

  test('only Bearer is understood', async () => {
    const headers = { authorization: `Basic ${Buffer.from(`x:${api.adminKey}`).toString('base64')}` };
    expect(shownProblem(await api.call('GET', '/v1/sources', { key: null, headers }))).toEqual(
      theProblem(401, 'request.unauthenticated'),
    );
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
    assertStatus(reply, 201);
    return reply.body;
  }

  test('read sees and changes nothing, operate runs, admin configures', async () => {
    const read = await createKey({ scope: 'read' });
    const operate = await createKey({ scope: 'operate' });
    expect((await api.call('GET', '/v1/sources', { key: read.key })).status).toBe(200);
    const refused = await api.call('POST', '/v1/connections/con_1/syncs', { key: read.key });
    expect(shownProblem(refused)).toEqual(theProblem(403, 'request.forbidden'));
    expect(refused.body.detail).toContain("'operate'");
    expect(shownProblem(await api.call('POST', '/v1/connections/con_1/syncs', { key: operate.key }))).toEqual(
      theProblem(404, 'request.not_found'),
    );
    expect(shownProblem(await api.call('POST', '/v1/sources', { key: operate.key, body: {} }))).toEqual(
      theProblem(403, 'request.forbidden'),
    );
    expect(shownProblem(await api.call('GET', '/v1/api-keys', { key: operate.key }))).toEqual(
      theProblem(403, 'request.forbidden'),
    );
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
    expect(shownProblem(await api.call('GET', '/v1/sources', { key }))).toEqual(theProblem(401, 'request.unauthenticated'));
  });

  test('a revoked key is refused at once, and revoking is repeatable', async () => {
    const { id, key } = await createKey({ scope: 'admin' });
    expect((await api.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204);
    expect((await api.call('DELETE', `/v1/api-keys/${id}`)).status).toBe(204);
    expect(shownProblem(await api.call('GET', '/v1/sources', { key }))).toEqual(theProblem(401, 'request.unauthenticated'));
    expect(shownProblem(await api.call('DELETE', '/v1/api-keys/key_0'))).toEqual(theProblem(404, 'request.not_found'));
  });

  test('a key cannot be made expired', async () => {
    const reply = await api.call('POST', '/v1/api-keys', {
      body: { name: 'k', scope: 'read', expiresAt: '2020-01-01T00:00:00Z' },
    });
    expect(shownProblem(reply)).toEqual(theProblem(400, 'request.invalid'));
    expect(reply.body.errors).toMatchObject([{ path: 'expiresAt' }]);
  });
});

describe('requests that no route gets to see', () => {
  test('unknown routes and methods', async () => {
    expect(shownProblem(await api.call('GET', '/nope'))).toEqual(theProblem(404, 'request.not_found'));
    expect(shownProblem(await api.call('DELETE', '/v1/runs'))).toEqual(theProblem(404, 'request.not_found'));
  });

  test('a malformed URL', async () => {
    expect(shownProblem(await api.call('GET', '/v1/runs/%zz'))).toEqual(theProblem(400, 'request.invalid'));
  });

  test('malformed JSON', async () => {
    expect(shownProblem(await api.call('POST', '/v1/sources', { body: '{"name":' }))).toEqual(theProblem(400, 'request.invalid'));
  });

  test('a foreign media type', async () => {
    const reply = await api.call('POST', '/v1/sources', { body: 'a=b', headers: { 'content-type': 'text/plain' } });
    expect(shownProblem(reply)).toEqual(theProblem(415, 'request.unsupported_media'));
  });

  test('a body that is too large', async () => {
    expect(shownProblem(await api.call('POST', '/v1/sources', { body: 'x'.repeat(8 * 1024 * 1024 + 1) }))).toEqual(
      theProblem(413, 'request.too_large'),
    );
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
    expect(shownProblem(reply)).toEqual(theProblem(400, 'request.invalid'));
    expect(reply.body.errors.map((error: { path: string }) => error.path).sort()).toEqual(['connector', 'extra', 'name']);
  });

  test('query parameters too', async () => {
    const reply = await api.call('GET', '/v1/runs?limit=0&offset=3&status=done');
    expect(shownProblem(reply)).toEqual(theProblem(400, 'request.invalid'));
    expect(reply.body.errors.map((error: { path: string }) => error.path).sort()).toEqual(['limit', 'offset', 'status[0]']);
  });

  test('text that Postgres cannot hold', async () => {
    const body = { name: 'a\u0000b', connector: 'postgres', config: { host: 'h' } };
    expect(shownProblem(await api.call('POST', '/v1/sources', { body }))).toEqual(theProblem(400, 'request.invalid'));
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
    expect(shownProblem(reply)).toEqual(theProblem(500, 'engine.internal'));
    expect(reply.text).not.toMatch(/runs|select|relation/i);
  } finally {
    await api.db.raw('alter table runs_gone rename to runs');
  }
});
