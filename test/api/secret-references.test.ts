import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Harness, assertStatus, problemOf, startHarness } from './support/harness.js';

let api: Harness;

beforeAll(async () => {
  api = await startHarness();
});
afterAll(() => api.close());

const create = (config: object) => api.call('POST', '/v1/sources', { body: { name: 'crm', connector: 'postgres', config } });

test('a secret may be a reference, which is stored and answered as it is', async () => {
  const config = { host: 'db', user: 'u', password: { ref: 'env:SECRET_CRM' } };
  const made = await create(config);
  assertStatus(made, 201);
  expect(made.body.config).toEqual(config);
  expect((await api.call('GET', `/v1/sources/${made.body.id}`)).body.config).toEqual(config);
  expect((await api.db('sources').where({ id: made.body.id }).first()).config).toEqual(config);
});

test('a whole URL may be one, too', async () => {
  const config = { url: { ref: 'file:/run/secrets/crm' } };
  const made = await create(config);
  assertStatus(made, 201);
  expect(made.body.config).toEqual(config);
});

test('it gives way to a stored secret and the other way round, and stays when nothing is said of it', async () => {
  const { id } = (await create({ host: 'db', password: { ref: 'env:SECRET_CRM' } })).body;
  const patched = async (password: unknown): Promise<unknown> =>
    (
      await api.call('PATCH', `/v1/sources/${id}`, {
        body: { config: { host: 'db', ...(password === undefined ? {} : { password }) } },
      })
    ).body.config.password;
  expect(await patched(undefined)).toEqual({ ref: 'env:SECRET_CRM' });
  expect(await patched({ set: true })).toEqual({ ref: 'env:SECRET_CRM' });
  expect(await patched('in clear')).toEqual({ set: true });
  expect(await patched({ ref: 'file:/run/secrets/crm' })).toEqual({ ref: 'file:/run/secrets/crm' });
  expect(await patched(null)).toBeUndefined();
});

test('a password that begins like a reference is a password', async () => {
  const made = await create({ host: 'db', password: 'env:SECRET_CRM' });
  expect(made.body.config.password).toEqual({ set: true });
});

describe('what can be known without following it is refused', () => {
  test.each([
    [{ host: 'h', password: { ref: 'env:MILLRACE_SECRET_KEY' } }, ['config.password']],
    [{ host: 'h', password: { ref: 'env:DATABASE_URL' } }, ['config.password']],
    [{ host: 'h', password: { ref: 'vault:crm' } }, ['config.password']],
    [{ host: 'h', password: { ref: 'file:secret' } }, ['config.password']],
    [{ host: 'h', password: { ref: 'env:A', more: 1 } }, ['config.password']],
    [{ host: { ref: 'env:SECRET_HOST' } }, ['config.host']],
    [{ password: { ref: 'env:SECRET_CRM' } }, ['config.url']],
    [{ url: { ref: 'env:SECRET_URL' }, port: 'x' }, ['config.port']],
  ])('%j', async (config, paths) => {
    expect(problemOf(await create(config))).toEqual({ status: 422, code: 'connector.invalid_config', paths });
  });
});

test('a connection can be made to a destination that is one reference', async () => {
  const body = { name: 'w', connector: 'postgres', config: { url: { ref: 'env:SECRET_URL' }, schema: 'sales' } };
  const destination = await api.call('POST', '/v1/destinations', { body });
  const source = await create({ url: { ref: 'env:SECRET_URL' } });
  const streams = [{ name: 'public.orders', mode: 'full_refresh_overwrite' }];
  const ends = { sourceId: source.body.id, destinationId: destination.body.id };
  assertStatus(await api.call('POST', '/v1/connections', { body: { name: 'c', ...ends, streams } }), 201);
});
