import { createHash, randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UploadFiles } from '../../api/uploads/upload-files.js';
import { newId } from '../../platform/db/ids.js';
import { openStage } from '../../stage/store.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';
import { type Harness, type Reply, problemOf, startHarness } from './support/harness.js';

let home: TempHome;
let api: Harness;
let stageUrl: string;

beforeAll(async () => {
  home = await tempHome('uploads');
  stageUrl = pathToFileURL(`${home.path}/stage`).href;
  api = await startHarness({ stageUrl });
});
afterAll(async () => {
  await api.close();
  await home[Symbol.asyncDispose]();
});

/** A body that `fetch` sends as it is. */
async function upload(name: string, body: Buffer, { key = api.adminKey, type = 'application/octet-stream' } = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': type };
  const response = await fetch(`${api.url}/v1/uploads?name=${name}`, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text === '' ? undefined : JSON.parse(text) } as Reply;
}

test('a file larger than any JSON body arrives as it was, alone in its folder, and can be removed', async () => {
  const bytes = randomBytes(20_000_000);
  const made = await upload('orders.csv.gz', bytes);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    id: expect.stringMatching(/^upl_/),
    name: 'orders.csv.gz',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(Date.parse(made.body.expiresAt)).toBeGreaterThan(Date.now());
  const folder = fileURLToPath(made.body.root);
  expect(await readdir(folder)).toEqual(['orders.csv.gz']);
  expect((await readFile(`${folder}/orders.csv.gz`)).equals(bytes)).toBe(true);
  for (const status of [204, 404]) expect((await api.call('DELETE', `/v1/uploads/${made.body.id}`)).status).toBe(status);
  await expect(readdir(folder)).rejects.toThrow('ENOENT');
  const audit = await api.call('GET', `/v1/audit?resource=${made.body.id}`);
  expect(audit.body.data.map(({ method }: { method: string }) => method)).toEqual(['DELETE', 'DELETE', 'POST']);
});

test.each(['../x.csv', '.hidden', '', 'a/b.csv', 'x y.csv', 'x'.repeat(201)])(
  'a name that could lead elsewhere is refused: %s',
  async (name) => {
    expect(problemOf(await upload(encodeURIComponent(name), Buffer.from('a')))).toMatchObject({ status: 400, paths: ['name'] });
  },
);

test('only a file is taken there, and files nowhere else', async () => {
  expect(problemOf(await upload('x.json', Buffer.from('{}'), { type: 'application/json' }))).toMatchObject({
    status: 415,
    code: 'request.unsupported_media',
  });
  const headers = { 'content-type': 'application/octet-stream' };
  expect((await api.call('POST', '/v1/sources', { headers, body: 'x' })).status).toBe(415);
});

test('a key without admin hands over nothing', async () => {
  const { body } = await api.call('POST', '/v1/api-keys', { body: { name: 'o', scope: 'operate' } });
  expect((await upload('x.csv', Buffer.from('a'), { key: body.key })).status).toBe(403);
});

test('a client that goes away in the middle leaves nothing behind', async () => {
  const before = await allFiles();
  const headers = {
    authorization: `Bearer ${api.adminKey}`,
    'content-type': 'application/octet-stream',
    'content-length': '1000000',
  };
  const sending = request(`${api.url}/v1/uploads?name=half.csv`, { method: 'POST', headers });
  sending.on('error', () => undefined);
  sending.write(Buffer.alloc(100_000));
  await waitFor(async () => (await allFiles()).length > before.length, { what: 'the file has begun to come' });
  sending.destroy();
  await waitFor(async () => (await allFiles()).length === before.length, { what: 'what had come is gone' });
});

test('what nobody removes goes after its time; what is younger stays', async () => {
  const [old, young] = [newId('upload', Date.now() - 100_000), newId('upload')];
  const stage = openStage(stageUrl);
  const files = new UploadFiles(stage);
  for (const id of [old, young]) await stage.putText(`uploads/wsp_default/${id}/x.csv`, 'a');
  expect(await files.removeBefore(new Date(Date.now() - 50_000))).toBe(1);
  expect(await stage.list(`uploads/wsp_default/${old}`)).toEqual([]);
  expect(await stage.list(`uploads/wsp_default/${young}`)).toEqual(['x.csv']);
});

test('an API that does not know the stage says so', async () => {
  const other = await startHarness();
  try {
    const headers = { authorization: `Bearer ${other.adminKey}`, 'content-type': 'application/octet-stream' };
    const response = await fetch(`${other.url}/v1/uploads?name=x.csv`, { method: 'POST', headers, body: 'a' });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'uploads.no_stage' });
  } finally {
    await other.close();
  }
});

async function allFiles(): Promise<readonly string[]> {
  const found = await readdir(`${home.path}/stage`, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isFile()).map(({ name }) => name);
}
