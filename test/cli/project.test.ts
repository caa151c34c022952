import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createClient } from '../../client/index.js';
import { EXIT } from '../../cli/exit-codes.js';
import { applyPlan } from '../../cli/project/apply.js';
import { makePlan } from '../../cli/project/make-plan.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';
import { ProjectFolder } from './support/project-folder.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let home: TempHome;
let shop: string;
let env: Record<string, string>;
let project: ProjectFolder;

beforeAll(async () => {
  millrace = await startMillrace();
  home = await tempHome('project');
  shop = join(home.path, 'shop');
  env = {
    MILLRACE_URL: millrace.apiUrl,
    MILLRACE_API_KEY: millrace.apiKey,
    CRM_URL: millrace.source.url,
    WAREHOUSE_URL: millrace.destination.url,
  };
  project = new ProjectFolder(shop, env);
  await millrace.source.query(`create table orders (id int primary key, amount int, updated_at timestamptz not null);
    insert into orders select i, i, timestamptz '2026-01-01' + i * interval '1 minute' from generate_series(1, 50) i;
    create table customers (id int primary key, name text);
    insert into customers select i, 'c' || i from generate_series(1, 5) i`);
});
afterAll(async () => {
  await millrace[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const cli: ProjectFolder['cli'] = (...args) => project.cli(...args);
const plan: ProjectFolder['plan'] = (...args) => project.plan(...args);
const apply: ProjectFolder['apply'] = (...flags) => project.apply(...flags);
const edit: ProjectFolder['edit'] = (...args) => project.edit(...args);

const CONNECTION = 'connections/crm-to-warehouse.yaml';

const named = async (kind: string, name: string) => {
  const { body } = await millrace.call('GET', `/v1/${kind}?search=${name}`);
  return (body.data as { id: string; name: string; [field: string]: unknown }[]).find((one) => one.name === name);
};

const HISTORY = `
  - name: public.orders
    mode: incremental_append
    cursorField: updated_at
    target: { schema: raw, table: orders }
  - name: public.customers
    mode: full_refresh_overwrite
    target: { schema: raw, table: customers }
`;

describe.sequential('a project from init to its end', () => {
  test('init writes at most eight files, names the next command, and never writes over anything', async () => {
    const made = await cli(['init', shop]);
    expect(made).toMatchObject({ code: EXIT.ok, stderr: expect.stringContaining(`millrace plan --dir ${shop}`) });
    const files = made.stdout.trim().split('\n');
    expect(files).toEqual(['millrace.yaml', CONNECTION, '.env.example', '.gitignore', '.github/workflows/millrace.yml']);
    const again = await cli(['init', shop]);
    expect(again).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('Nothing was written.') });
    edit(CONNECTION, (text) => text.replace(/streams:[^]*$/, `streams:${HISTORY}`));
  });

  test('a variable that is not set is told with its place', async () => {
    const { code, stderr } = await runCli(['plan', '--dir', shop], { env: { ...env, CRM_URL: undefined as unknown as string } });
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain('millrace.yaml:7:12: The variable CRM_URL is not set.');
  });

  test('.env in the folder gives values that the environment does not have', async () => {
    const { CRM_URL: _, ...without } = env;
    writeFileSync(join(shop, '.env'), `CRM_URL=${millrace.source.url}\n`);
    expect(await runCli(['plan', '--dir', shop], { env: without })).toMatchObject({ code: EXIT.ok });
    rmSync(join(shop, '.env'));
  });

  test('plan shows what is to be made, in no text the secrets; apply makes it', async () => {
    const { code, stdout, stderr } = await cli(['plan', '--dir', shop, '--detailed-exitcode']);
    expect(code).toBe(EXIT.warnings);
    expect(stdout).toContain('+ config.url: ${CRM_URL}');
    expect(stdout).toContain('+ streams[public.orders].cursorField: updated_at');
    expect(stdout).toMatch(/3 to create\.\nPlan [0-9a-f]{16}\n$/);
    expect(stdout + stderr).not.toContain(millrace.source.url);
    const refused = await apply();
    expect(refused).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('This needs --yes.') });
    expect(await named('sources', 'crm')).toBeUndefined();
    expect(await apply('--auto-approve')).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/^Applied plan /) });
    expect((await plan()).steps).toEqual([]);
    expect(await named('sources', 'crm')).toMatchObject({
      labels: { 'millrace/project': 'shop' },
      config: { url: { set: true } },
    });
    const synced = await cli(['sync', 'crm-to-warehouse']);
    expect(synced).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/public\.orders +succeeded +50 +50/) });
  });

  test('a new schedule keeps every cursor', async () => {
    edit(CONNECTION, (text) => text.replace('every: 1h', 'every: 2h'));
    const { steps } = await plan();
    expect(steps).toMatchObject([
      { action: 'update', destroys: false, changes: [{ path: 'schedule.every', before: '1h', after: '2h' }], drifted: [] },
    ]);
    await apply('--auto-approve');
    const { body } = await millrace.call('GET', `/v1/connections/${steps[0]?.id}/state`);
    expect(body.feeds['public.orders'].position).toMatchObject({ kind: 'cursor' });
    expect(await named('connections', 'crm-to-warehouse')).toMatchObject({ schedule: { every: '2h' }, version: 2 });
  });

  test('a new mode: plan says which stream reads again and replaces, and the next run does so', async () => {
    edit(CONNECTION, (text) => text.replace('mode: incremental_append', 'mode: incremental_deduped'));
    const shown = await cli(['plan', '--dir', shop]);
    expect(shown.stdout).toContain('~ streams[public.orders].mode: incremental_append → incremental_deduped');
    expect(shown.stdout).toContain(
      'stream public.orders reads from the start and replaces what was loaded, because its mode was incremental_append',
    );
    expect(shown.stdout).toContain('stream public.customers reads all in every run');
    expect(shown.stdout).toContain('1 to change; 1 of them destroys positions or rows (!).');
    await apply('--auto-approve');
    const synced = await cli(['sync', 'crm-to-warehouse']);
    expect(synced.stdout).toMatch(/public\.orders +succeeded +50 +50/);
    const [rows] = await millrace.destination.query<{ n: string }>('select count(*)::text as n from raw.orders');
    expect(rows?.n).toBe('50');
  });

  test('SQL that is changed keeps the position, and says what it takes to make the loaded rows anew', async () => {
    edit(CONNECTION, (text) =>
      text.replace('cursorField: updated_at', 'cursorField: updated_at\n    sql: select * from input where amount > 0'),
    );
    const { stdout } = await cli(['plan', '--dir', shop]);
    expect(stdout).toMatch(/stream public\.orders keeps its position: updated_at 2026-01-01 .*made without the new sql/);
    expect(stdout).toContain('millrace sync crm-to-warehouse --stream public.orders --refresh');
    await apply('--auto-approve');
  });

  test('a stream that plan says stops does stop, and goes on when it is set back', async () => {
    edit(CONNECTION, (text) => text.replace('schema: raw, table: orders', 'schema: raw, table: sales'));
    const { stdout } = await cli(['plan', '--dir', shop]);
    expect(stdout).toContain('stream public.orders stops, because its target was raw.orders, and onTargetMissing is stop');
    await apply('--auto-approve');
    const stopped = await cli(['sync', 'crm-to-warehouse']);
    expect(stopped).toMatchObject({ code: EXIT.failed, stderr: expect.stringContaining('load.target_missing') });
    edit(CONNECTION, (text) => text.replace('table: sales', 'table: orders'));
    await apply('--auto-approve');
    expect((await cli(['sync', 'crm-to-warehouse'])).code).toBe(EXIT.ok);
  });

  test('what is exported is what the plan says is there already', async () => {
    const copy = join(home.path, 'copy');
    const exported = await cli(['export', '--to', copy]);
    expect(exported).toMatchObject({ code: EXIT.ok, stderr: expect.stringContaining('Set CRM_URL, WAREHOUSE_URL') });
    expect(readFileSync(join(copy, 'millrace.yaml'), 'utf8')).toContain('url: ${CRM_URL}');
    expect(readFileSync(join(copy, '.env.example'), 'utf8')).toContain('CRM_URL=');
    const again = await plan(copy);
    expect(again).toMatchObject({ project: 'shop', steps: [] });
    expect(again.uncompared).toHaveLength(2);
    expect(await cli(['export', '--to', copy])).toMatchObject({ code: EXIT.usage });
  });

  test('a change from outside is told as drift, and set back', async () => {
    const { id } = (await named('connections', 'crm-to-warehouse')) ?? { id: '' };
    const patch = { schedule: { type: 'interval', every: '5m' } };
    await patchAnyway(`/v1/connections/${id}`, patch);
    const { steps } = await plan();
    expect(steps).toMatchObject([
      { name: 'crm-to-warehouse', drifted: ['schedule'], changes: [{ path: 'schedule.every', before: '5m', after: '2h' }] },
    ]);
    expect((await cli(['plan', '--dir', shop])).stdout).toContain('changed outside of these files: schedule');
    await apply('--auto-approve');
    expect((await plan()).steps).toEqual([]);
  });

  test('a plan is applied only while nothing has changed since it was looked at', async () => {
    edit(CONNECTION, (text) => text.replace('every: 2h', 'every: 3h'));
    const file = join(home.path, 'plan.json');
    await cli(['plan', '--dir', shop, '--out', file]);
    const { id } = (await named('connections', 'crm-to-warehouse')) ?? { id: '' };
    await millrace.call('POST', `/v1/connections/${id}/pause`, {});
    const refused = await apply('--plan', file, '--auto-approve');
    expect(refused).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('project.plan_changed') });
    expect(await named('connections', 'crm-to-warehouse')).toMatchObject({ schedule: { every: '2h' } });
    const { hash } = await plan();
    for (const _ of ['once', 'again, with nothing left to do'])
      expect(await apply('--plan', hash, '--auto-approve')).toMatchObject({ code: EXIT.ok });
    expect(await named('connections', 'crm-to-warehouse')).toMatchObject({ schedule: { every: '3h' }, paused: true });
  });

  test('a change between the plan and its first step stops it, and nothing is overwritten', async () => {
    edit(CONNECTION, (text) => text.replace('every: 3h', 'every: 4h'));
    const api = createClient({ url: millrace.apiUrl, apiKey: millrace.apiKey });
    const made = await makePlan(api, { folder: shop, environment: env, updateSecrets: false });
    const [step] = made.steps;
    await patchAnyway(`/v1/connections/${step?.id}`, { schedule: { type: 'interval', every: '7m' } });
    const refused = applyPlan(api, made, () => undefined);
    await expect(refused).rejects.toMatchObject({
      code: 'request.stale',
      message: 'The connection crm-to-warehouse was not changed: it was changed after the plan was made.',
    });
    expect(await named('connections', 'crm-to-warehouse')).toMatchObject({ schedule: { every: '7m' } });
    expect((await apply('--yes')).code).toBe(EXIT.ok);
  });

  test('a secret that is given by a variable is sent when asked to', async () => {
    const sent = await cli(['apply', '--dir', shop, '--update-secrets', '--auto-approve'], { CRM_URL: `${env['CRM_URL']}?x=1` });
    expect(sent).toMatchObject({ code: EXIT.ok, stderr: expect.stringContaining('config.url: ${CRM_URL} is sent') });
    expect((await cli(['sources', 'test', 'crm'])).code).toBe(EXIT.ok);
  });

  test('a step that the API refuses stops the plan, which says how far it came and goes on later', async () => {
    writeFileSync(
      join(shop, 'connections/more.yaml'),
      'source: crm\ndestination: second\nstreams:\n  - { name: public.customers, mode: mirror, sql: drop table x }\n',
    );
    edit('millrace.yaml', (text) =>
      text.replace('connections:', '  second:\n    connector: postgres\n    config: { url: "${WAREHOUSE_URL}" }\nconnections:'),
    );
    const stopped = await apply('--auto-approve');
    expect(stopped.code).toBe(EXIT.usage);
    expect(stopped.stderr).toContain('project.partly_applied');
    expect(stopped.stderr).toContain('Done before: destination second created.');
    edit('connections/more.yaml', (text) => text.replace('drop table x', 'select * from input'));
    expect((await plan()).steps).toMatchObject([{ action: 'create', kind: 'connection', name: 'more' }]);
    expect((await apply('--auto-approve')).code).toBe(EXIT.ok);
  });

  test('what is gone from the files is deleted, after approval, and nothing else is', async () => {
    await cli([
      'connections',
      'add',
      'mine',
      '--from',
      'crm',
      '--to',
      'warehouse',
      '--stream',
      'public.customers',
      '--schema',
      'other',
    ]);
    rmSync(join(shop, 'connections/more.yaml'));
    edit('millrace.yaml', (text) => text.replace(/ {2}second:\n.*\n.*\n/, ''));
    const shown = await cli(['plan', '--dir', shop]);
    expect(shown.stdout).toMatch(/- connection more con_\w+ !\n/);
    expect(shown.stdout).toMatch(/- destination second dst_\w+ !\n/);
    expect(shown.stdout).not.toContain('mine');
    expect(await apply()).toMatchObject({ code: EXIT.usage });
    expect(await named('connections', 'more')).toBeDefined();
    expect((await apply('--yes')).code).toBe(EXIT.ok);
    expect(await named('connections', 'more')).toBeUndefined();
    expect(await named('destinations', 'second')).toBeUndefined();
    expect(await named('connections', 'mine')).toBeDefined();
  });

  test('what belongs to another project is refused; what belongs to nobody is taken over', async () => {
    const other = join(home.path, 'other');
    await cli(['export', '--to', other, '--name', 'other', '--connection', 'mine']);
    const refused = await cli(['plan', '--dir', other, '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, error: { code: 'project.conflict' } });
    writeFileSync(join(other, 'millrace.yaml'), 'name: other\n'); // its systems are used by their names
    const { steps } = await plan(other);
    expect(steps).toMatchObject([{ action: 'update', kind: 'connection', name: 'mine', adopts: true, changes: [] }]);
    expect((await cli(['apply', '--dir', other, '--yes'])).code).toBe(EXIT.ok);
    expect((await plan(other)).steps).toEqual([]);
    edit('millrace.yaml', (text) => text.replace(/ {2}crm:[^]*?destinations/, 'destinations'));
    rmSync(join(shop, CONNECTION));
    const used = await cli(['plan', '--dir', shop]);
    expect(used.stderr).toContain('The source crm would be deleted, but mine, which is not of this project, uses it.');
  });
});

async function patchAnyway(path: string, body: object): Promise<void> {
  const response = await fetch(`${millrace.apiUrl}${path}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${millrace.apiKey}`, 'content-type': 'application/json', 'if-match': '*' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}
