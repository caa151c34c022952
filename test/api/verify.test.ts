import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, type Reply, startMillrace } from '../support/millrace.js';
import { servers } from '../support/servers.js';
import { waitFor } from '../support/wait-for.js';

/** `POST …/verify` and what can be read of it afterwards. */

let millrace: Millrace;
let id: string;

beforeAll(async () => {
  millrace = await startMillrace();
  await millrace.source
    .query(`create table orders (id int primary key, v text); insert into orders select i, 'v' || i from generate_series(1, 10) i;
    create table items (id int primary key, v text); insert into items values (1, 'a')`);
  id = await millrace.connect([
    { name: 'public.orders', mode: 'full_refresh_overwrite' },
    { name: 'public.items', mode: 'full_refresh_overwrite' },
  ]);
  await millrace.sync(id);
});
afterAll(() => millrace[Symbol.asyncDispose]());

const post = (path: string, body?: object): Promise<Reply> => millrace.call('POST', `/v1/connections/${path}`, body);

test('is accepted at once, and can be read later', async () => {
  const response = await fetch(`${millrace.apiUrl}/v1/connections/${id}/verify`, {
    method: 'POST',
    headers: { authorization: `Bearer ${millrace.apiKey}` },
  });
  const accepted = (await response.json()) as { id: string };
  expect([response.status, response.headers.get('location')]).toEqual([202, `/v1/verifications/${accepted.id}`]);
  const { body } = await millrace.call('GET', `/v1/verifications/${accepted.id}?wait=30s`);
  expect(body).toMatchObject({ id: accepted.id, status: 'succeeded', matched: true, method: 'hash', scope: 'table', run: null });
  expect(body).toMatchObject({ runActive: false, endedAt: expect.any(String), workflowId: `verify/${id}/${accepted.id}` });
  expect(body.streams.map(({ name, status }: { name: string; status: string }) => [name, status])).toEqual([
    ['public.orders', 'matched'],
    ['public.items', 'matched'],
  ]);
  const list = await millrace.call('GET', `/v1/connections/${id}/verifications?limit=1`);
  expect(list.body.data).toEqual([body]);
});

test('a stream that differs, and one that cannot be compared, stop no other', async () => {
  const { destination, source } = millrace;
  await source.query(`create table gone (id int primary key)`);
  const mixed = await millrace.connect([
    { name: 'public.orders', mode: 'full_refresh_overwrite', target: { table: 'mixed' } },
    { name: 'public.gone', mode: 'full_refresh_overwrite' },
  ]);
  await millrace.sync(mixed);
  await source.query(`drop table gone`);
  await destination.query(`update mixed set v = 'secret-value-in-target' where id = 4`);
  const { body } = await post(`${mixed}/verify?wait=30s`, { streams: ['public.orders', 'public.gone'] });
  expect(body).toMatchObject({ status: 'failed', matched: null });
  expect(body.streams).toMatchObject([
    { status: 'mismatched', error: null, result: { sample: [{ kind: 'different', key: ['4'], columns: ['v'] }] } },
    { status: 'failed', result: null, error: { code: 'source.stream_missing' } },
  ]);
  const { body: alone } = await post(`${mixed}/verify?wait=30s`, { streams: ['public.orders'], method: 'count' });
  expect(alone).toMatchObject({ status: 'succeeded', matched: true });
});

test('before anything was loaded there is nothing to compare', async () => {
  const fresh = await millrace.connect([{ name: 'public.orders', mode: 'full_refresh_overwrite', target: { table: 'fresh' } }]);
  const { body } = await post(`${fresh}/verify?wait=30s`);
  expect(body.streams[0].error).toMatchObject({ code: 'verify.not_possible' });
});

test.each([
  [{ streams: ['public.absent'] }, 422, 'connection.invalid'],
  [{ method: 'guess' }, 400, 'request.invalid'],
  [{ run: 1 }, 400, 'request.invalid'],
  [{ scope: 'run', run: 99 }, 404, 'request.not_found'],
  [{ scope: 'run' }, 409, 'run.not_staged'],
])('%o is refused', async (body, status, code) => {
  const reply = await post(`${id}/verify`, body);
  expect([reply.status, reply.body.code]).toEqual([status, code]);
});

test('asks for the scope operate, and shows nothing of another connection', async () => {
  const { body: key } = await millrace.call('POST', '/v1/api-keys', { name: 'reader', scope: 'read' });
  const headers = { authorization: `Bearer ${key.key ?? key.secret ?? key.token}` };
  const refused = await fetch(`${millrace.apiUrl}/v1/connections/${id}/verify`, { method: 'POST', headers });
  expect(refused.status).toBe(403);
  expect((await fetch(`${millrace.apiUrl}/v1/connections/${id}/verifications`, { headers })).status).toBe(200);
  for (const path of ['/v1/verifications/ver_0', `/v1/verifications/${id}`, '/v1/connections/con_0/verifications'])
    expect((await millrace.call('GET', path)).status).toBe(404);
});

test('a run that is active meanwhile is told', async () => {
  const { source } = millrace;
  await source.query(`begin; lock table items; select pg_backend_pid()`);
  const run = await millrace.request(id);
  await waitFor(async () => (await millrace.call('GET', `/v1/runs/${run}`)).body.status === 'running', {
    what: 'the run is active',
  });
  const { body } = await post(`${id}/verify?wait=30s`, { streams: ['public.orders'] });
  await source.query('rollback');
  expect(body).toMatchObject({ runActive: true });
  expect((await millrace.ended(run)).status).toBe('succeeded');
});

test('one whose workflow was ended by hand does not wait for ever', async () => {
  await millrace.source.query(`begin; lock table items`);
  const { body } = await post(`${id}/verify`, { streams: ['public.items'] });
  const connection = await Connection.connect({ address: servers().temporalAddress });
  await new Client({ connection }).workflow.getHandle(body.workflowId).terminate('by hand');
  await connection.close();
  const after = await millrace.call('GET', `/v1/verifications/${body.id}`);
  await millrace.source.query('rollback');
  expect(after.body).toMatchObject({ status: 'failed', streams: [{ status: 'failed', error: { code: 'run.lost' } }] });
});

test('one that is cancelled in Temporal ends as cancelled, and its queries with it', async () => {
  const { source } = millrace;
  await source.query(`begin; lock table items`);
  const { body } = await post(`${id}/verify`, { streams: ['public.items'] });
  const waiting = `select pid from pg_stat_activity where application_name like 'millrace/verify/%' and wait_event_type = 'Lock'`;
  await waitFor(async () => (await millrace.metadata.query(waiting)).length > 0, { what: 'the comparison waits for the lock' });
  const connection = await Connection.connect({ address: servers().temporalAddress });
  await new Client({ connection }).workflow.getHandle(body.workflowId).cancel();
  await connection.close();
  await waitFor(async () => (await millrace.call('GET', `/v1/verifications/${body.id}`)).body.status === 'cancelled', {
    what: 'it is cancelled',
  });
  await waitFor(async () => (await millrace.metadata.query(waiting)).length === 0, { what: 'its query has ended' });
  await source.query('rollback');
});

test('I12: passwords and values stay out of answers, metadata and histories', async () => {
  const { source, destination, metadata } = millrace;
  const role = `verifier_${source.name}`;
  await source.query(`create role ${role} login password 'planted-in-verify' in role pg_read_all_data`);
  const url = new URL(source.url);
  [url.username, url.password] = [role, 'planted-in-verify'];
  const secret = await millrace.connect(
    [{ name: 'public.orders', mode: 'full_refresh_overwrite', target: { table: 'hidden' } }],
    {
      source: url.href,
    },
  );
  await millrace.sync(secret);
  await destination.query(`update hidden set v = 'planted-value' where id = 1`);
  const mismatched = await post(`${secret}/verify?wait=30s`);
  expect(mismatched.body).toMatchObject({ matched: false });
  await source.query(`alter role ${role} password 'another'`);
  await source.query(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`); // one may wait for the next session
  const failed = await post(`${secret}/verify?wait=30s`);
  expect(failed.body.streams[0].error).toMatchObject({ code: 'connector.auth_failed' });
  const kept = await metadata.query(`select * from verifications`);
  const connection = await Connection.connect({ address: servers().temporalAddress });
  const { workflow } = new Client({ connection });
  const histories = await Promise.all(
    [mismatched, failed].map(({ body }) => workflow.getHandle(body.workflowId as string).fetchHistory()),
  );
  await connection.close();
  const everything = JSON.stringify([mismatched.body, failed.body, kept, histories]) + histories.map(payloadsOf).join();
  expect(everything).toContain('public.orders');
  expect(everything).not.toMatch(/planted-in-verify|planted-value/);
  await source.query(`drop role ${role}`);
});

/** Whatever a history holds as bytes, as text. */
function payloadsOf(history: unknown): string {
  return JSON.stringify(history, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value));
}
