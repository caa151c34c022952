import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { createConnection } from './support/connections.js';
import { type Harness, type Reply, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

const system = { name: 'crm', connector: 'postgres', config: { host: 'db.example' } };

interface Resource {
  readonly path: string;
  readonly etag: string;
  /** What PUT takes. */
  readonly whole: object;
}

async function create(kind: 'sources' | 'destinations' | 'connections'): Promise<Resource> {
  const { id } =
    kind === 'connections' ? await createConnection(api) : (await api.call('POST', `/v1/${kind}`, { body: system })).body;
  const path = `/v1/${kind}/${id}`;
  const { headers, body } = await api.call('GET', path);
  const { name, sourceId, destinationId, streams } = body;
  return {
    path,
    etag: headers.get('etag') ?? '',
    whole: kind === 'connections' ? { name, sourceId, destinationId, streams } : system,
  };
}

const change = (path: string, method: string, ifMatch: string | null, body?: object): Promise<Reply> =>
  api.call(method, path, { ifMatch, ...(body ? { body } : {}) });

describe.each(['sources', 'destinations', 'connections'] as const)('%s', (kind) => {
  test('a change without If-Match is refused with what to do, and changes nothing', async () => {
    const { path, etag, whole } = await create(kind);
    for (const [method, body] of [
      ['PUT', whole],
      ['PATCH', { name: 'blind' }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await change(path, method, null, body);
      expect(problemOf(reply)).toEqual({ status: 428, code: 'request.precondition_required', paths: ['If-Match'] });
      expect(reply.body.suggestion).toContain('ETag');
    }
    expect((await api.call('GET', path)).headers.get('etag')).toBe(etag);
  });

  test('a stale one is refused, the current one and * are taken', async () => {
    const { path, etag, whole } = await create(kind);
    const first = await change(path, 'PATCH', etag, { name: 'first' });
    expect(first.status).toBe(200);
    expect(problemOf(await change(path, 'PUT', etag, whole))).toMatchObject({ status: 412, code: 'request.stale' });
    expect((await change(path, 'PUT', `"other", ${first.headers.get('etag')}`, whole)).status).toBe(200);
    expect((await change(path, 'PATCH', '*', { name: 'any' })).status).toBe(200);
    expect((await change(path, 'DELETE', etag)).status).toBe(412);
    expect((await change(path, 'DELETE', '*')).status).toBe(204);
  });

  test('of two who change the same revision at the same time, one wins', async () => {
    const { path, etag } = await create(kind);
    const replies = await Promise.all(['a', 'b', 'c', 'd'].map((name) => change(path, 'PATCH', etag, { name })));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
  });

  test('what is not there is not found, with or without If-Match', async () => {
    const missing = `/v1/${kind}/${newId(kind === 'sources' ? 'source' : kind === 'destinations' ? 'destination' : 'connection')}`;
    for (const ifMatch of [null, '*', '"x"']) expect((await change(missing, 'DELETE', ifMatch)).status).toBe(404);
  });

  test('GET answers 304 while nothing has changed', async () => {
    const { path, etag } = await create(kind);
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await api.call('GET', path, { headers: { 'if-none-match': known } });
      expect([reply.status, reply.text, reply.headers.get('etag')]).toEqual([304, '', etag]);
    }
    await change(path, 'PATCH', '*', { labels: { changed: 'yes' } });
    expect((await api.call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(200);
  });
});

test('runs, verifications and connectors have an ETag of their content', async () => {
  const { id: connection } = await createConnection(api);
  const [run, verification] = [newId('run'), newId('verification')];
  const base = { workspace_id: 'wsp_default', connection_id: connection, workflow_id: 'w', status: 'running' };
  await api.db('runs').insert({ ...base, id: run, number: 1, trigger: 'api' });
  await api
    .db('verifications')
    .insert({ ...base, id: verification, method: 'hash', scope: 'table', streams: '[]', status: 'failed' });
  for (const path of [`/v1/runs/${run}`, `/v1/verifications/${verification}`, '/v1/connectors/postgres']) {
    const etag = (await api.call('GET', path)).headers.get('etag') ?? '';
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect((await api.call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  }
  const { headers } = await api.call('GET', `/v1/runs/${run}`);
  await api.db('runs').where({ id: run }).update({ status: 'succeeded' });
  const ended = await api.call('GET', `/v1/runs/${run}`, { headers: { 'if-none-match': headers.get('etag') ?? '' } });
  expect([ended.status, ended.body.status]).toEqual([200, 'succeeded']);
});

test('a key is revoked without If-Match: in an emergency nothing stands in the way', async () => {
  const { body } = await api.call('POST', '/v1/api-keys', { body: { name: 'k', scope: 'read' } });
  expect((await change(`/v1/api-keys/${body.id}`, 'DELETE', null)).status).toBe(204);
});
