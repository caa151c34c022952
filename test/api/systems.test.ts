import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetadataStore } from '../../platform/db/metadata-store.js';
import { KeyRing } from '../../platform/secrets/key-ring.js';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';
import { wholeDatabase } from './support/whole-database.js';

const PASSWORD = 'planted-password-7f3a';
const URL_PASSWORD = 'planted%2Fin-url-91bc';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

const fields = { host: 'db.example', user: 'sync', password: PASSWORD, database: 'shop' };

async function create(
  kind: 'sources' | 'destinations',
  config: object = fields,
  name = 'crm',
): Promise<{ id: string; etag: string }> {
  const reply = await api.call('POST', `/v1/${kind}`, { body: { name, connector: 'postgres', config } });
  assertStatus(reply, 201);
  expect(reply.headers.get('location')).toBe(`/v1/${kind}/${reply.body.id}`);
  return { id: reply.body.id, etag: reply.headers.get('etag') ?? '' };
}

/** What activities would get. */
async function stored(kind: 'source' | 'destination', id: string): Promise<unknown> {
  const store = await createMetadataStore(api.databaseUrl, new KeyRing(api.secretKey));
  try {
    return (await store.loadConnector(kind, id)).config;
  } finally {
    await store.close();
  }
}

describe.each(['sources', 'destinations'] as const)('%s', (kind) => {
  const single = kind === 'sources' ? 'source' : 'destination';

  test('can be created, read, changed, replaced, listed and deleted', async () => {
    const { id } = await create(kind);
    expect(id).toMatch(kind === 'sources' ? /^src_/ : /^dst_/);
    const read = await api.call('GET', `/v1/${kind}/${id}`);
    expect(read.body).toEqual({
      id,
      workspaceId: 'wsp_default',
      name: 'crm',
      connector: 'postgres',
      config: { ...fields, password: { set: true } },
      labels: {},
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    const renamed = await api.call('PATCH', `/v1/${kind}/${id}`, { body: { name: 'renamed' } });
    expect(renamed.body).toMatchObject({ name: 'renamed', config: read.body.config });
    const replaced = await api.call('PUT', `/v1/${kind}/${id}`, {
      body: { name: 'r2', connector: 'postgres', config: { host: 'other' } },
    });
    expect(replaced.body).toMatchObject({ name: 'r2', config: { host: 'other' } });
    expect((await api.call('GET', `/v1/${kind}`)).body.data.map((item: { id: string }) => item.id)).toContain(id);
    expect((await api.call('DELETE', `/v1/${kind}/${id}`)).status).toBe(204);
    expect(problemOf(await api.call('GET', `/v1/${kind}/${id}`))).toMatchObject({ status: 404, code: 'request.not_found' });
  });

  test('an ETag stands for one revision', async () => {
    const { id, etag } = await create(kind);
    const path = `/v1/${kind}/${id}`;
    expect((await api.call('GET', path, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const changed = await api.call('PATCH', path, { body: { name: 'b' }, headers: { 'if-match': etag } });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
    for (const [method, body] of [
      ['PATCH', { name: 'c' }],
      ['PUT', { name: 'c', connector: 'postgres', config: fields }],
      ['DELETE', undefined],
    ] as const) {
      const stale = await api.call(method, path, { ...(body ? { body } : {}), headers: { 'if-match': etag } });
      expect(problemOf(stale)).toMatchObject({ status: 412, code: 'request.stale' });
    }
    expect((await api.call('GET', path)).body.name).toBe('b');
  });

  test('a configuration is refused with the path of every wrong field', async () => {
    const body = { name: 'x', connector: 'postgres', config: { host: 'h', port: 'many', nope: 1 } };
    const reply = await api.call('POST', `/v1/${kind}`, { body });
    expect(problemOf(reply)).toEqual({ status: 422, code: 'connector.invalid_config', paths: ['config.port', 'config.nope'] });
    const unknown = await api.call('POST', `/v1/${kind}`, { body: { ...body, connector: 'oracle' } });
    expect(problemOf(unknown)).toEqual({ status: 422, code: 'connector.unknown', paths: ['connector'] });
  });

  test('the connector cannot be changed', async () => {
    const { id } = await create(kind);
    const reply = await api.call('PUT', `/v1/${kind}/${id}`, { body: { name: 'x', connector: 'files', config: {} } });
    expect(problemOf(reply)).toMatchObject({ status: 409, code: 'request.conflict', paths: ['connector'] });
  });

  test('I12: a password is neither answered nor stored in clear', async () => {
    const url = `postgresql://sync:${URL_PASSWORD}@db.example/shop`;
    const byUrl = await create(kind, { url });
    const byFields = await create(kind);
    const answers = [await api.call('GET', `/v1/${kind}/${byUrl.id}`), await api.call('GET', `/v1/${kind}`)];
    const refused = await api.call('PATCH', `/v1/${kind}/${byFields.id}`, { body: { config: { ...fields, port: PASSWORD } } });
    expect(refused.status).toBe(422);
    const dump = await wholeDatabase(api.db);
    expect(dump).toContain(byUrl.id);
    for (const text of [dump, refused.text, ...answers.map((answer) => answer.text)]) {
      expect(text).not.toContain(PASSWORD);
      expect(text).not.toContain(URL_PASSWORD);
    }
    expect(await stored(single, byUrl.id)).toEqual({ url });
    expect(await stored(single, byFields.id)).toEqual(fields);
  });

  test('a secret that is left out or sent back as set stays', async () => {
    const { id } = await create(kind);
    const { password: _left, ...rest } = fields;
    await api.call('PATCH', `/v1/${kind}/${id}`, { body: { config: { ...rest, host: 'b' } } });
    expect(await stored(single, id)).toEqual({ ...fields, host: 'b' });
    await api.call('PATCH', `/v1/${kind}/${id}`, { body: { config: { ...fields, password: { set: true } } } });
    expect(await stored(single, id)).toEqual(fields);
    await api.call('PATCH', `/v1/${kind}/${id}`, { body: { config: { ...fields, password: 'new' } } });
    expect(await stored(single, id)).toEqual({ ...fields, password: 'new' });
    await api.call('PATCH', `/v1/${kind}/${id}`, { body: { config: { ...fields, password: null } } });
    expect(await stored(single, id)).toEqual(rest);
  });

  test('there is nothing to keep for a new one', async () => {
    const body = { name: 'x', connector: 'postgres', config: { host: 'h', password: { set: true } } };
    expect(problemOf(await api.call('POST', `/v1/${kind}`, { body }))).toMatchObject({ status: 422, paths: ['config.password'] });
  });
});

test('another secret key is told as a wrong setting', async () => {
  const { id } = await create('sources');
  const store = await createMetadataStore(api.databaseUrl, new KeyRing(randomBytes(32)));
  await expect(store.loadConnector('source', id)).rejects.toMatchObject({ code: 'setup.invalid', path: 'MILLRACE_SECRET_KEY' });
  await store.close();
});

test('pages by key neither skip nor repeat, also when rows come in between', async () => {
  const mine = new Set<string>();
  for (let index = 0; index < 5; index += 1) mine.add((await create('destinations', fields, `page ${index}`)).id);
  const seen: string[] = [];
  let after = '';
  do {
    const { body } = await api.call('GET', `/v1/destinations?limit=2${after}`);
    seen.push(...body.data.map((item: { id: string }) => item.id));
    expect(body.page.hasMore).toBe(body.page.next !== null);
    after = body.page.next === null ? '' : `&after=${body.page.next}`;
    await create('destinations', fields, 'in between');
  } while (after !== '');
  expect(new Set(seen).size).toBe(seen.length);
  expect([...seen].sort().reverse()).toEqual(seen);
  expect([...mine].every((id) => seen.includes(id))).toBe(true);
});

test('connectors show the schema of their configuration and what is secret in it', async () => {
  const list = await api.call('GET', '/v1/connectors');
  expect(list.body.data.map((item: { id: string; kind: string }) => `${item.kind} ${item.id}`)).toEqual(
    expect.arrayContaining(['source postgres', 'destination postgres']),
  );
  const destination = await api.call('GET', '/v1/connectors/postgres?kind=destination');
  expect(destination.body).toMatchObject({
    id: 'postgres',
    kind: 'destination',
    guarantee: 'transactional',
    modes: ['full_refresh_overwrite', 'full_refresh_append', 'incremental_append', 'incremental_deduped', 'mirror', 'scd2'],
    config: { type: 'object', properties: { password: { type: 'string', secret: true } } },
  });
  expect((await api.call('GET', '/v1/connectors/postgres')).body).toMatchObject({ kind: 'source', cursor: 'field' });
  expect(problemOf(await api.call('GET', '/v1/connectors/oracle'))).toMatchObject({ status: 404, code: 'request.not_found' });
});
