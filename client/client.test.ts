import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiError, type Client, createClient, every } from './index.js';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers in order; the last one again and again. `drop` closes the connection without an answer. */
type Reply = 'drop' | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

let seen: Seen[];
let replies: Reply[];
let api: Client;
let close: () => Promise<void>;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  seen.push({
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  });
  const reply = (replies.length > 1 ? replies.shift() : replies[0]) ?? 'drop';
  if (reply === 'drop') return void request.socket.destroy();
  response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
  response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
}

beforeEach(async () => {
  seen = [];
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, apiKey: 'mrk_test' });
  close = () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve())));
});
afterEach(() => close());

const AT_ONCE = { 'retry-after': '0' };
const NO_WORKER = { status: 503, headers: AT_ONCE, body: { code: 'engine.no_worker', detail: 'No worker.', retryable: true } };

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`no ApiError but ${String(error)}`);
}

test('path, query, headers and body go where the document says, with the key', async () => {
  replies = [{ status: 202, body: { id: 'run_1' } }];
  const run = await api.requestSync({ id: 'con_a/b', wait: '30s', idempotencyKey: 'k1', body: { streams: ['public.a'] } });
  expect(run.id).toBe('run_1');
  expect(seen).toMatchObject([
    {
      method: 'POST',
      url: '/v1/connections/con_a%2Fb/syncs?wait=30s',
      headers: { authorization: 'Bearer mrk_test', 'idempotency-key': 'k1', 'content-type': 'application/json' },
      body: '{"streams":["public.a"]}',
    },
  ]);
});

test('no content is undefined, If-Match is sent', async () => {
  replies = [{ status: 204 }];
  expect(await api.deleteSource({ id: 'src_1', ifMatch: '"3"' })).toBeUndefined();
  expect(seen[0]).toMatchObject({ method: 'DELETE', headers: { 'if-match': '"3"' } });
});

test('a problem becomes an error with code, detail, fields, request id and status', async () => {
  const errors = [{ path: 'config.url', code: 'required', message: 'url is needed.' }];
  const body = { code: 'connector.invalid_config', detail: 'Wrong.', suggestion: 'Correct it.', errors, requestId: 'req_1' };
  replies = [{ status: 422, body }];
  const error = await failureOf(api.createSource({ body: { name: 'a', connector: 'postgres', config: {} } }));
  expect(error).toMatchObject({ ...body, status: 422, retryable: false });
});

test('a GET is sent again after 503 and after a lost connection', async () => {
  replies = ['drop', NO_WORKER, { status: 200, body: { id: 'run_1' } }];
  expect(await api.getRun({ id: 'run_1' })).toEqual({ id: 'run_1' });
  expect(seen).toHaveLength(3);
});

test('a POST is sent once, unless it carries an Idempotency-Key', async () => {
  replies = [NO_WORKER];
  expect(await failureOf(api.requestSync({ id: 'con_1' }))).toMatchObject({ code: 'engine.no_worker', status: 503 });
  expect(seen).toHaveLength(1);
  replies = [NO_WORKER, 'drop', { status: 202, body: { id: 'run_2' } }];
  expect(await api.requestSync({ id: 'con_1', idempotencyKey: 'k' })).toEqual({ id: 'run_2' });
  expect(seen.slice(1).map(({ headers }) => headers['idempotency-key'])).toEqual(['k', 'k', 'k']);
});

test('retries end; what stays away is client.unreachable', async () => {
  replies = ['drop'];
  expect(await failureOf(api.deleteSource({ id: 'src_1', ifMatch: '*' }))).toMatchObject({
    code: 'client.unreachable',
    status: 0,
  });
  const patient = createClient({ url: 'http://127.0.0.1:9', retries: 1 });
  expect(await failureOf(patient.listRuns())).toMatchObject({ code: 'client.unreachable' });
});

test('an answer of something else is told as such', async () => {
  replies = [{ status: 404 }];
  expect(await failureOf(api.listRuns())).toMatchObject({ code: 'client.no_api', status: 404 });
});

test('a list is read page by page', async () => {
  replies = [
    { status: 200, body: { data: [{ id: 'src_2' }], page: { next: 'src_2', hasMore: true } } },
    { status: 200, body: { data: [{ id: 'src_1' }], page: { next: null, hasMore: false } } },
  ];
  const ids: string[] = [];
  for await (const { id } of every(api.listSources, { limit: 1 })) ids.push(id);
  expect(ids).toEqual(['src_2', 'src_1']);
  expect(seen.map(({ url }) => url)).toEqual(['/v1/sources?limit=1', '/v1/sources?limit=1&after=src_2']);
});

test('the headers of an answer are given to who asks for them, and of none that was refused', async () => {
  const tags: (string | null)[] = [];
  const options = { onHeaders: (headers: Headers) => void tags.push(headers.get('etag')) };
  replies = [
    { status: 503, body: {}, headers: { etag: '"no"' } },
    { status: 200, body: { id: 'src_1' }, headers: { etag: '"src_1.4"' } },
    { status: 404, body: {}, headers: { etag: '"no"' } },
  ];
  await api.getSource({ id: 'src_1' }, options);
  await expect(api.getSource({ id: 'src_2' }, options)).rejects.toThrow(ApiError);
  expect(tags).toEqual(['"src_1.4"']);
});
