import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { type TempHome, tempHome } from '../support/temp-home.js';

let millrace: Millrace;
let folder: TempHome;
let passwordFile: string;

const VARIABLE = 'SECRET_TEST_SOURCE_URL';

beforeAll(async () => {
  folder = await tempHome('references');
  passwordFile = join(folder.path, 'secrets/warehouse-url');
  await mkdir(join(folder.path, 'secrets'));
  millrace = await startMillrace({ settings: { secretFiles: [join(folder.path, 'secrets')], home: join(folder.path, 'home') } });
  process.env[VARIABLE] = millrace.source.url;
  await writeFile(passwordFile, `${millrace.destination.url}\n`);
  await millrace.source.query('create table a (id int primary key); insert into a values (1), (2)');
});
afterAll(async () => {
  delete process.env[VARIABLE];
  await millrace[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function connect(sourceUrl: object, destinationUrl: object, table: string): Promise<string> {
  const made = async (path: string, body: object): Promise<string> => {
    const reply = await millrace.call('POST', path, body);
    expect(reply, JSON.stringify(reply.body)).toMatchObject({ status: 201 });
    return reply.body.id;
  };
  const system = { name: 'crm', connector: 'postgres' };
  const sourceId = await made('/v1/sources', { ...system, config: { url: sourceUrl } });
  const destinationId = await made('/v1/destinations', { ...system, config: { url: destinationUrl } });
  const streams = [{ name: 'public.a', mode: 'incremental_append', cursorField: 'id', target: { table } }];
  return made('/v1/connections', { name: 'c', sourceId, destinationId, streams });
}

test('a run finds its secrets where they are when it needs them: changed ones count from then on', async () => {
  const id = await connect({ ref: `env:${VARIABLE}` }, { ref: `file:${passwordFile}` }, 'by_reference');
  expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded' });
  expect(await millrace.destination.query('select id from by_reference order by 1')).toEqual([{ id: 1 }, { id: 2 }]);

  process.env[VARIABLE] = '';
  const failed = await millrace.sync(id);
  expect(failed).toMatchObject({ status: 'failed', error: { code: 'secret.unresolved' } });
  const { message, suggestion } = failed.error ?? {};
  expect(message).toBe(`config.url of crm refers to env:${VARIABLE}, which is not set (worker on ${hostname()}).`);
  expect(suggestion).toContain('set the variable');

  process.env[VARIABLE] = millrace.source.url;
  await millrace.source.query('insert into a values (3)');
  expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded', streams: [{ rows: { loaded: 1 } }] });
});

test('a check says which reference is wrong, and where', async () => {
  const body = { name: 's', connector: 'postgres', config: { host: 'h', password: { ref: 'env:SECRET_NOT_SET' } } };
  const { id } = (await millrace.call('POST', '/v1/sources', body)).body;
  const checked = await millrace.call('POST', `/v1/sources/${id}/check`);
  expect(checked).toMatchObject({
    status: 422,
    body: { code: 'secret.unresolved', errors: [{ path: 'config.password' }], retryable: false },
  });
  expect(checked.body.detail).toContain('env:SECRET_NOT_SET, which is not set');
});

test('what a reference leads to may be wrong: it is said without being repeated', async () => {
  await writeFile(join(folder.path, 'secrets/no-url'), 'planted-nonsense');
  const body = { name: 's', connector: 'postgres', config: { url: { ref: `file:${join(folder.path, 'secrets/no-url')}` } } };
  const { id } = (await millrace.call('POST', '/v1/sources', body)).body;
  const checked = await millrace.call('POST', `/v1/sources/${id}/check`);
  expect(checked).toMatchObject({ status: 422, body: { code: 'connector.invalid_config', errors: [{ path: 'config.url' }] } });
  expect(JSON.stringify(checked.body)).not.toContain('planted');
});

test.each([
  ['env:PATH', 'MILLRACE_SECRET_ENV allows SECRET_*'],
  ['file:/etc/hostname', 'MILLRACE_SECRET_FILES allows files below'],
])('%s cannot be read through a source: %s', async (ref, reason) => {
  const body = { name: 's', connector: 'postgres', config: { host: 'h', password: { ref } } };
  const { id } = (await millrace.call('POST', '/v1/sources', body)).body;
  const checked = await millrace.call('POST', `/v1/sources/${id}/check`);
  expect(checked).toMatchObject({ status: 422, body: { code: 'secret.unresolved' } });
  expect(checked.body.detail).toContain(reason);
});
