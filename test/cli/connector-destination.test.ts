import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { loadConnectors } from '../../connectors/packages/index.js';
import type { Target } from '../../schema/types.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';
import { linkDependencies, runScript } from './support/connector-package.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

type Row = Readonly<Record<string, string | null>>;

let home: TempHome;
let folder: string;
let readTable: (folder: string, target: Target) => Promise<readonly Row[]>;

beforeAll(async () => {
  home = await tempHome('connector-destination');
  folder = join(home.path, 'lake');
  const made = await runCli(['connector', 'new', '@acme/my-lake', '--kind', 'destination', '--dir', folder]);
  expect(made).toMatchObject({ code: EXIT.ok, stderr: '' });
  expect(made.stdout).toContain('Made @acme/millrace-connector-my-lake:');
  linkDependencies(folder);
  expect(await runScript(folder, 'build')).toEqual({ code: 0, output: '' });
  ({ readTable } = (await import(pathToFileURL(join(folder, 'dist/test/table.js')).href)) as { readTable: typeof readTable });
});
afterAll(() => home[Symbol.asyncDispose]());

const warehouse = (name: string): string => {
  const path = join(home.path, name);
  mkdirSync(path);
  return path;
};

test('connector new --kind destination makes a package that passes every check of its own tests', async () => {
  const { code, output } = await runScript(folder, 'test');
  expect(output).toMatch(/# pass 27\n# fail 0\n# cancelled 0\n# skipped 0/);
  expect(code).toBe(0);
});

describe('connector test of a destination', () => {
  test('makes the checks that write nothing, and says of the others where they are made', async () => {
    const place = warehouse('looked-at');
    const args = ['connector', 'test', folder, '--set', `folder=${place}`];
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
    expect(stdout).toMatch(/^destination my-lake\n✓ definition /);
    expect(stdout).toMatch(/✓ check +folder .*looked-at, commits 0/);
    expect(stdout).toMatch(/– loads +\d+ checks write tables.*\n +→ Run the tests of its package/);
    expect(readdirSync(place)).toEqual([]);
  });

  test('exits 1 with what is wrong and what to do', async () => {
    const { code, stdout } = await runCli([
      'connector',
      'test',
      folder,
      '--set',
      `folder=${join(home.path, 'nowhere')}`,
      '--json',
    ]);
    expect(code).toBe(EXIT.failed);
    const { data } = JSON.parse(stdout) as { data: { checks: { name: string }[] }[] };
    expect(data[0]?.checks.find(({ name }) => name === 'check')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('connector.invalid_config'),
    });
  });

  test('takes the id of a destination of this build, and --kind where a source has the same', async () => {
    await using database = await freshDatabase('connector_test');
    const args = ['connector', 'test', 'postgres', '--kind', 'destination', '--set-env', 'url=WAREHOUSE_URL'];
    const { code, stdout } = await runCli(args, { env: { WAREHOUSE_URL: database.url } });
    expect({ code, stdout }).toEqual({ code: EXIT.ok, stdout: expect.stringMatching(/^destination postgres\n/) });
    expect(await database.query(`select 1 from pg_namespace where nspname = '_millrace'`)).toEqual([]);
  });

  test('exits 2 where there is none of the kind', async () => {
    const { code, stderr } = await runCli(['connector', 'test', folder, '--kind', 'source']);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('declares no source') });
  });
});

describe('in use', () => {
  let millrace: Millrace;
  let place: string;

  beforeAll(async () => {
    const log = { info: () => undefined, warn: () => undefined };
    await loadConnectors({ folder: home.path, configured: [folder], log });
    millrace = await startMillrace();
    place = warehouse('in-use');
    await millrace.source.query('create table items (id bigint primary key, note text, rev int)');
    await millrace.source.query(`insert into items values (1, 'a "quoted" note', 1), (9007199254740993, null, 2)`);
    const source = await millrace.call('POST', '/v1/sources', {
      ...{ name: 'crm', connector: 'postgres', config: { url: millrace.source.url } },
    });
    const destination = await millrace.call('POST', '/v1/destinations', {
      ...{ name: 'lake', connector: 'my-lake', config: { folder: place } },
    });
    ends = { sourceId: source.body.id, destinationId: destination.body.id };
  });
  afterAll(() => millrace[Symbol.asyncDispose]());

  let ends: { readonly sourceId: string; readonly destinationId: string };

  const connect = async (name: string, stream: object): Promise<string> => {
    const streams = [{ name: 'public.items', ...stream }];
    return (await millrace.call('POST', '/v1/connections', { name, ...ends, streams })).body.id as string;
  };
  const rowsOf = async (table: string): Promise<unknown> =>
    (await readTable(place, { schema: 'raw', table })).toSorted((a, b) => Number(a['id']) - Number(b['id']));

  test('a connection adds what is new, and every digit arrives', async () => {
    const target = { schema: 'raw', table: 'appended' };
    const id = await connect('appended', { mode: 'incremental_append', cursorField: 'rev', target });
    expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded' });
    await millrace.source.query(`insert into items values (2, 'later', 2), (3, 'newest', 3)`);
    expect(await millrace.sync(id)).toMatchObject({ status: 'succeeded' });
    expect(await rowsOf('appended')).toEqual([
      { id: '1', note: 'a "quoted" note', rev: '1' },
      { id: '2', note: 'later', rev: '2' },
      { id: '3', note: 'newest', rev: '3' },
      { id: '9007199254740993', note: null, rev: '2' },
    ]);
  });

  test('a refresh replaces what was there, and its files are removed by the run after', async () => {
    const target = { schema: 'raw', table: 'overwritten' };
    const id = await connect('overwritten', { mode: 'full_refresh_overwrite', target });
    await millrace.sync(id);
    await millrace.source.query('delete from items where id = 1');
    await millrace.sync(id);
    await millrace.sync(id);
    const left = (await millrace.source.query<{ id: string }>('select id::text from items order by items.id')).map(
      (row) => row.id,
    );
    expect(((await rowsOf('overwritten')) as readonly Row[]).map((row) => row['id'])).toEqual(left);
    const files = readdirSync(join(place, 'raw', 'overwritten')).map((name) => Number.parseInt(name, 10));
    expect(files.toSorted()).toEqual([2, 3]);
  });

  test('a mode that it cannot hold is refused, and nothing is written', async () => {
    const target = { schema: 'raw', table: 'merged' };
    const id = await connect('merged', { mode: 'incremental_deduped', cursorField: 'rev', target });
    const { status, streams } = await millrace.sync(id);
    expect({ status, error: streams[0]?.error }).toMatchObject({
      status: 'failed',
      error: { code: 'load.target_incompatible', message: expect.stringContaining('incremental_deduped') },
    });
    expect(await rowsOf('merged')).toEqual([]);
  });

  test('what a deleted connection has loaded is replaced, and never added to', async () => {
    const target = { schema: 'raw', table: 'taken-over' };
    const first = await connect('first owner', { mode: 'full_refresh_append', target });
    await millrace.sync(first);
    const headers = { authorization: `Bearer ${millrace.apiKey}`, 'if-match': '*' };
    expect((await fetch(`${millrace.apiUrl}/v1/connections/${first}`, { method: 'DELETE', headers })).status).toBe(204);
    const adding = await millrace.sync(await connect('adding', { mode: 'full_refresh_append', target }));
    expect(adding.streams[0]?.error).toMatchObject({ code: 'load.target_incompatible' });
    await fetch(`${millrace.apiUrl}/v1/connections/${adding.connectionId}`, { method: 'DELETE', headers });
    await millrace.source.query(`insert into items values (77, 'after', 77)`);
    expect(await millrace.sync(await connect('replacing', { mode: 'full_refresh_overwrite', target }))).toMatchObject({
      status: 'succeeded',
    });
    const ids = await millrace.source.query<{ id: string }>('select id::text from items order by items.id');
    expect(((await rowsOf('taken-over')) as readonly Row[]).map(({ id }) => id)).toEqual(ids.map(({ id }) => id));
  });
});
