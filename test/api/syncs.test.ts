import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMetadataStore } from '../../platform/db/metadata-store.js';
import type { RunStatus } from '../../workflows/messages.js';
import { createConnection } from './support/connections.js';
import { KeyRing } from '../../platform/secrets/key-ring.js';
import { type Harness, type Reply, assertStatus, problemOf, startHarness } from './support/harness.js';
import { servers } from '../support/servers.js';

let api: Harness;
let temporal: Client;

beforeAll(async () => {
  api = await startHarness();
  temporal = new Client({ connection: await Connection.connect({ address: servers().temporalAddress }) });
});
afterAll(async () => {
  await temporal.connection.close();
  await api.close();
});

/** What the worker would write when the run goes on. */
async function recordStatus(run: Reply['body'], status: RunStatus): Promise<void> {
  const store = await createMetadataStore(api.databaseUrl, new KeyRing(api.secretKey));
  const { id, workspaceId, connectionId, number, trigger, workflowId } = run;
  await store.recordRun({
    id,
    workspaceId,
    connectionId,
    number,
    trigger,
    workflowId,
    status,
    startedAt: new Date().toISOString(),
  });
  await store.close();
}

describe('with a worker', () => {
  let worker: { stop(): Promise<void> };

  beforeAll(async () => {
    worker = await api.startWorker();
  });
  afterAll(() => worker.stop());

  const sync = (id: string, options: Parameters<Harness['call']>[2] = {}, query = '') =>
    api.call('POST', `/v1/connections/${id}/syncs${query}`, options);

  test('a run is accepted, with its address, and listed', async () => {
    const { id } = await createConnection(api);
    const reply = await sync(id, { body: { streams: ['public.orders'] } });
    assertStatus(reply, 202);
    expect(reply.headers.get('location')).toBe(`/v1/runs/${reply.body.id}`);
    expect(reply.body).toEqual({
      id: expect.stringMatching(/^run_/),
      workspaceId: 'wsp_default',
      connectionId: id,
      connectionName: 'shop',
      connectionVersion: null,
      number: 1,
      trigger: 'api',
      status: 'queued',
      createdAt: expect.stringMatching(/Z$/),
      startedAt: null,
      endedAt: null,
      workflowId: `sync/${id}/1`,
      temporalUrl: `http://temporal.example/namespaces/default/workflows/sync%2F${id}%2F1`,
      error: null,
      streams: [],
    });
    expect((await api.call('GET', `/v1/runs/${reply.body.id}`)).body).toEqual(reply.body);
    const { streams: _streams, ...summary } = reply.body;
    expect((await api.call('GET', `/v1/runs?connectionId=${id}`)).body.data).toEqual([summary]);
    expect((await api.call('GET', `/v1/runs?connectionId=${id}&status=succeeded,failed`)).body.data).toEqual([]);
    const description = await temporal.workflow.getHandle(`connection/${id}`).describe();
    expect(description.searchAttributes).toMatchObject({
      MillraceWorkspace: ['wsp_default'],
      MillraceConnection: [id],
      MillraceSource: ['crm'],
      MillraceDestination: ['warehouse'],
    });
  });

  test('I12: what Temporal gets holds no secret', async () => {
    const { id } = await createConnection(api);
    await sync(id);
    const history = await temporal.workflow.getHandle(`connection/${id}`).fetchHistory();
    const payloads = JSON.stringify(history, (key, value: unknown) =>
      key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value,
    );
    expect(payloads).toContain('warehouse');
    expect(payloads).not.toContain('planted-in-system');
  });

  test('the body may be missing, empty, or an empty object', async () => {
    const { id } = await createConnection(api);
    const json = { 'content-type': 'application/json' };
    const replies = [
      await sync(id),
      await sync(id, { headers: json }),
      await sync(id, { body: {} }),
      await sync(id, { body: { trigger: 'manual' } }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(replies.map(({ body }) => body.number)).toEqual([1, 2, 3, 4]);
    expect(replies[3]?.body.trigger).toBe('manual');
  });

  test('an Idempotency-Key counts per key, caller and connection', async () => {
    const [first, second] = [await createConnection(api), await createConnection(api)];
    const headers = { 'idempotency-key': 'k1' };
    const other = await api.call('POST', '/v1/api-keys', { body: { name: 'o', scope: 'operate' } });
    const runs = [
      await sync(first.id, { headers }),
      await sync(first.id, { headers }),
      await sync(second.id, { headers }),
      await sync(first.id, { headers, key: other.body.key }),
      await sync(first.id, { headers: { 'idempotency-key': 'k2' } }),
    ].map(({ body }) => body.id);
    expect(runs[1]).toBe(runs[0]);
    expect(new Set(runs).size).toBe(4);
    expect(problemOf(await sync(first.id, { headers: { 'idempotency-key': 'x y' } }))).toMatchObject({
      status: 400,
      paths: ['Idempotency-Key'],
    });
  });

  test('streams that the connection does not have are refused', async () => {
    const { id } = await createConnection(api);
    const reply = await sync(id, { body: { streams: ['public.orders', 'public.nope'] } });
    expect(problemOf(reply)).toEqual({ status: 422, code: 'connection.invalid', paths: ['streams[1]'] });
    expect(problemOf(await sync(id, { body: { reload: true } }))).toEqual({
      status: 400,
      code: 'request.invalid',
      paths: ['reload'],
    });
  });

  test('a refusal of the workflow keeps its code and suggestion', async () => {
    const { id } = await createConnection(api, { streams: [{ name: 'explode', mode: 'full_refresh_overwrite' }] });
    const reply = await sync(id, { body: { streams: ['explode'] } });
    expect(problemOf(reply)).toMatchObject({ status: 422, code: 'source.stream_missing' });
    expect(reply.body).toMatchObject({ detail: 'explode is not there', suggestion: 'fix source.stream_missing' });
  });

  test('wait answers when the run has ended, and not before', async () => {
    const { id } = await createConnection(api);
    const run = (await sync(id)).body;
    const waiting = api.call('GET', `/v1/runs/${run.id}?wait=30s`);
    await recordStatus(run, 'running');
    await recordStatus(run, 'succeeded');
    expect((await waiting).body).toMatchObject({ status: 'succeeded' });
  });

  test('wait answers with the run as it is when the time is over', async () => {
    const { id } = await createConnection(api);
    const started = Date.now();
    const reply = await sync(id, {}, '?wait=700ms');
    expect(reply.body.status).toBe('queued');
    expect(Date.now() - started).toBeGreaterThanOrEqual(700);
    expect(problemOf(await sync(id, {}, '?wait=2d'))).toMatchObject({ status: 400, paths: ['wait'] });
    expect(problemOf(await sync(id, {}, '?wait=11m'))).toMatchObject({ status: 400, paths: ['wait'] });
  });

  test('a server that closes lets go of those who wait', async () => {
    const { id } = await createConnection(api);
    const run = (await sync(id)).body;
    const closing = await api.startAgain();
    const waiting = fetch(`${closing.url}/v1/runs/${run.id}?wait=60s`, { headers: { authorization: `Bearer ${api.adminKey}` } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await closing.close();
    expect((await waiting).status).toBe(200);
  });

  test('what the worker has recorded already is not taken back', async () => {
    const { id } = await createConnection(api);
    const headers = { 'idempotency-key': 'late' };
    const run = (await sync(id, { headers })).body;
    await recordStatus(run, 'running');
    expect((await sync(id, { headers })).body).toEqual(run);
    expect((await api.call('GET', `/v1/runs/${run.id}`)).body).toMatchObject({ id: run.id, status: 'running' });
  });

  test('cancel reaches the active run, by connection and by run', async () => {
    const { id } = await createConnection(api);
    expect(problemOf(await api.call('POST', `/v1/connections/${id}/cancel`))).toMatchObject({
      status: 409,
      code: 'run.not_active',
    });
    const first = (await sync(id)).body;
    const cancelled = await api.call('POST', `/v1/connections/${id}/cancel`);
    assertStatus(cancelled, 202);
    expect(cancelled.headers.get('location')).toBe(`/v1/runs/${first.id}`);
    const second = (await sync(id)).body;
    expect((await api.call('POST', `/v1/runs/${second.id}/cancel`)).status).toBe(202);
    expect(problemOf(await api.call('POST', `/v1/runs/${second.id}/cancel`))).toMatchObject({
      status: 409,
      code: 'run.not_active',
    });
    await recordStatus(second, 'cancelled');
    const ended = await api.call('POST', `/v1/runs/${second.id}/cancel`);
    expect(problemOf(ended)).toMatchObject({ status: 409, code: 'run.not_active' });
    expect(ended.body.detail).toContain('cancelled');
  });

  test('pause refuses runs until resume', async () => {
    const { id } = await createConnection(api);
    const paused = await api.call('POST', `/v1/connections/${id}/pause`, { body: { note: 'migration' } });
    assertStatus(paused, 200);
    expect(paused.body.paused).toBe(true);
    const refused = await sync(id);
    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'connection.paused' });
    expect(refused.body.detail).toContain('migration');
    expect((await api.call('GET', `/v1/connections/${id}/state`)).body).toMatchObject({ paused: true, pauseNote: 'migration' });
    expect((await api.call('POST', `/v1/connections/${id}/resume`)).body.paused).toBe(false);
    expect((await sync(id)).status).toBe(202);
  });

  test('state can be read, edited and sent back', async () => {
    const { id } = await createConnection(api);
    const path = `/v1/connections/${id}/state`;
    const cursor = { type: 'int', field: 'id', value: '9007199254740993' };
    const set = await api.call('PUT', path, { body: { feeds: { 'public.orders': { position: { kind: 'cursor', cursor } } } } });
    assertStatus(set, 200);
    expect(set.body.feeds['public.orders']).toMatchObject({ lineage: 1, position: { kind: 'cursor', cursor } });
    const read = await api.call('GET', path);
    const same = await api.call('PUT', path, { body: read.body });
    expect(same.body.feeds).toEqual(read.body.feeds);
    const reset = await api.call('POST', `/v1/connections/${id}/streams/public.orders/reset`);
    expect(reset.body).toMatchObject({ lineage: 2, position: { kind: 'start' } });
  });

  test('a state that makes no sense is refused', async () => {
    const { id } = await createConnection(api);
    const path = `/v1/connections/${id}/state`;
    const bad = await api.call('PUT', path, {
      body: { feeds: { 'public.orders': { position: { kind: 'cursor', cursor: { value: 5 } } } } },
    });
    expect(bad.status).toBe(400);
    const unknown = await api.call('PUT', path, { body: { feeds: { nope: { position: { kind: 'start' } } } } });
    expect(problemOf(unknown)).toEqual({ status: 422, code: 'connection.invalid', paths: ['feeds.nope'] });
    expect((await api.call('POST', `/v1/connections/${id}/streams/nope/reset`)).status).toBe(404);
  });

  test('a deleted connection takes its workflow along', async () => {
    const { id } = await createConnection(api);
    const run = (await sync(id)).body;
    expect((await api.call('DELETE', `/v1/connections/${id}`)).status).toBe(204);
    expect((await temporal.workflow.getHandle(`connection/${id}`).describe()).status.name).toBe('TERMINATED');
    expect((await sync(id)).status).toBe(404);
    expect((await api.call('GET', `/v1/runs/${run.id}`)).body).toMatchObject({
      status: 'cancelled',
      endedAt: expect.stringMatching(/Z$/),
    });
  });

  test('a workflow that was lost goes on counting where the metadata knows it', async () => {
    const { id } = await createConnection(api);
    expect([(await sync(id)).body.number, (await sync(id)).body.number]).toEqual([1, 2]);
    await temporal.workflow.getHandle(`connection/${id}`).terminate('lost');
    expect((await sync(id)).body.number).toBe(3);
  });
});
