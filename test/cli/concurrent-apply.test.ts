import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { applyPlan } from '../../cli/project/apply.js';
import { makePlan } from '../../cli/project/make-plan.js';
import { createClient } from '../../client/index.js';
import { openMetadata } from '../../platform/db/open.js';
import { MIGRATIONS } from '../../platform/db/migrations/index.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const KINDS = ['sources', 'destinations', 'connections'] as const;

let millrace: Millrace;
let home: TempHome;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  home = await tempHome('concurrent-apply');
  env = {
    ...{ MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey },
    ...{ CRM_URL: millrace.source.url, WAREHOUSE_URL: millrace.destination.url },
  };
  await millrace.source.query('create table orders (id int primary key, updated_at timestamptz not null)');
});
afterAll(async () => {
  await millrace[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

/** A project as `init` writes it, with names that no other one has: one source, one destination, one connection. */
async function project(name: string): Promise<string> {
  const folder = join(home.path, name);
  expect(await runCli(['init', folder])).toMatchObject({ code: EXIT.ok });
  const own = (text: string): string => text.replaceAll(/\b(crm|warehouse)\b/g, `$1-${name}`);
  const main = join(folder, 'millrace.yaml');
  writeFileSync(main, own(readFileSync(main, 'utf8')));
  const made = join(folder, 'connections/crm-to-warehouse.yaml');
  const streams = `streams:\n  - { name: public.orders, mode: mirror, target: { schema: ${name}, table: orders } }\n`;
  writeFileSync(join(folder, `connections/${name}.yaml`), own(readFileSync(made, 'utf8')).replace(/streams:[^]*$/, streams));
  rmSync(made);
  return folder;
}

/** How many of each kind the project has. */
async function counts(name: string): Promise<readonly number[]> {
  const lists = KINDS.map((kind) => millrace.call('GET', `/v1/${kind}?label=millrace/project=${name}`));
  return (await Promise.all(lists)).map(({ body }) => (body.data as readonly unknown[]).length);
}

const planned = async (folder: string, apiKey = millrace.apiKey) => {
  const api = createClient({ url: millrace.apiUrl, apiKey });
  return { api, made: await makePlan(api, { folder, environment: env, updateSecrets: false }) };
};

test('of two that carry out the same plan at the same moment, with other keys, one makes all of it and the other stops', async () => {
  const folder = await project('twins');
  const { body: second } = await millrace.call('POST', '/v1/api-keys', { name: 'second', scope: 'admin' });
  const plans = [await planned(folder), await planned(folder, second.key as string)];
  expect(new Set(plans.map(({ made }) => made.plan.hash)).size).toBe(1);
  const ends = await Promise.allSettled(plans.map(({ api, made }) => applyPlan(api, made, () => undefined)));
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const refused = ends.find((end): end is PromiseRejectedResult => end.status === 'rejected');
  expect(refused?.reason).toMatchObject({
    code: 'request.conflict',
    message: expect.stringMatching(/^The source crm-twins was not created: .*already has one of this name\.$/),
  });
  expect(await counts('twins')).toEqual([1, 1, 1]);
  expect((await planned(folder)).made.plan.steps).toEqual([]);
});

test('two commands at once make one of each, and either has nothing left to do afterwards', async () => {
  const folder = await project('commands');
  const apply = () => runCli(['apply', '--dir', folder, '--auto-approve'], { env });
  const codes = (await Promise.all([apply(), apply()])).map(({ code }) => code);
  expect(codes).toContain(EXIT.ok);
  expect(await counts('commands')).toEqual([1, 1, 1]);
  expect(await apply()).toMatchObject({ code: EXIT.ok, stdout: expect.stringContaining('Nothing to do') });
});

test('what was deleted gives its name back, and is not restored beside the one that has it now', async () => {
  const source = { name: 'gone', connector: 'postgres', config: { url: millrace.source.url } };
  const labels = { 'millrace/project': 'restored' };
  const { body } = await millrace.call('POST', '/v1/sources', { ...source, labels });
  const headers = { authorization: `Bearer ${millrace.apiKey}`, 'if-match': '*' };
  expect((await fetch(`${millrace.apiUrl}/v1/sources/${body.id}`, { method: 'DELETE', headers })).status).toBe(204);
  expect((await millrace.call('POST', '/v1/sources', { ...source, labels })).status).toBe(201);
  const restored = await millrace.call('POST', `/v1/sources/${body.id}/restore`);
  expect(restored).toMatchObject({ status: 409, body: { code: 'request.conflict', errors: [{ path: 'name' }] } });
});

test('of several that an older version has let be made, the newest stays with the project', async () => {
  const migration = MIGRATIONS.find(({ name }) => name === '012-project-names');
  const db = await openMetadata(millrace.metadata.url);
  try {
    await db.transaction((tx) => migration!.down(tx));
    const source = { name: 'old', connector: 'postgres', config: { url: millrace.source.url } };
    const labels = { 'millrace/project': 'older' };
    const ids: string[] = [];
    for (const _ of [1, 2, 3]) ids.push((await millrace.call('POST', '/v1/sources', { ...source, labels })).body.id as string);
    await db.transaction((tx) => migration!.up(tx));
    const { body } = await millrace.call('GET', '/v1/sources?label=millrace/project=older');
    expect((body.data as { id: string }[]).map(({ id }) => id)).toEqual([ids[2]]);
    expect((await millrace.call('POST', '/v1/sources', { ...source, labels })).status).toBe(409);
    expect((await millrace.call('POST', '/v1/sources', source)).status).toBe(201);
  } finally {
    await db.destroy();
  }
});
