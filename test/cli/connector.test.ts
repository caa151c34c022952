import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { loadConnectors } from '../../connectors/packages/index.js';
import { startMillrace } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';
import { linkDependencies, runScript } from './support/connector-package.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

interface OrderServer {
  readonly orders: readonly { readonly id: number; readonly customer: string; readonly amount: string | null }[];
  start(): Promise<string>;
  stop(): Promise<void>;
  change(): unknown;
}

let home: TempHome;
let folder: string;
let server: OrderServer;
let config: { readonly url: string; readonly token: string };

beforeAll(async () => {
  home = await tempHome('connector');
  folder = join(home.path, 'shop');
  const made = await runCli(['connector', 'new', '@acme/my-shop', '--dir', folder]);
  expect(made).toMatchObject({ code: EXIT.ok, stderr: '' });
  expect(made.stdout).toContain('Made @acme/millrace-connector-my-shop:');
  linkDependencies(folder);
  expect(await runScript(folder, 'build')).toEqual({ code: 0, output: '' });
  const { OrderServer, TOKEN } = (await import(pathToFileURL(join(folder, 'dist/test/server.js')).href)) as {
    OrderServer: new () => OrderServer;
    TOKEN: string;
  };
  server = new OrderServer();
  config = { url: await server.start(), token: TOKEN };
});
afterAll(async () => {
  await server.stop();
  await home[Symbol.asyncDispose]();
});

const write = (name: string, content: unknown): string => {
  const path = join(home.path, name);
  writeFileSync(path, JSON.stringify(content));
  return `@${path}`;
};

describe('connector new', () => {
  test('makes a package that passes every check of its own tests', async () => {
    const { code, output } = await runScript(folder, 'test');
    expect(output).toMatch(/# pass 22\n# fail 0\n# cancelled 0\n# skipped 0/);
    expect(code).toBe(0);
  });

  test('pins what it develops with, and lets its user choose the versions of millrace and zod', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
    expect(Object.keys(manifest['peerDependencies'] ?? {})).toEqual(['millrace', 'zod']);
    for (const version of Object.values(manifest['devDependencies'] ?? {})) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test('never writes over anything', async () => {
    const place = join(home.path, 'taken');
    mkdirSync(place);
    writeFileSync(join(place, 'mine.txt'), 'mine');
    const { code, stderr } = await runCli(['connector', 'new', 'shop', '--dir', place]);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('nothing was written') });
    expect(existsSync(join(place, 'package.json'))).toBe(false);
  });

  test.each(['My Shop', '-shop', '../shop', '@acme/', 'shop_1', 'a'.repeat(80)])('refuses the name %j', async (name) => {
    const { code, stdout } = await runCli(['connector', 'new', '--json', '--dir', join(home.path, 'never'), '--', name]);
    expect(code).toBe(EXIT.usage);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'request.invalid', path: 'name' } });
    expect(existsSync(join(home.path, 'never'))).toBe(false);
  });
});

describe('connector test', () => {
  test('tells of each check against a live system, and exits 0', async () => {
    const bad = write('bad.json', { ...config, token: 'wrong-token' });
    const args = ['connector', 'test', folder, '--config', write('good.json', config), '--bad-config', bad, '--rows', '2'];
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
    expect(stdout).toMatch(/^source my-shop\n✓ definition /);
    expect(stdout).toMatch(/✓ wrong-credentials +connector\.auth_failed/);
    expect(stdout).toMatch(/✓ full-read +8 rows of orders/);
    expect(stdout).toMatch(/✓ resume +\d+ marks/);
    expect(stdout).toMatch(/– changes .*\n +→ Give makeChanges in the harness of its tests\./);
    expect(stdout).not.toContain('Grace');
  });

  test('exits 1 with what is wrong and what to do, also as JSON, and shows no secret', async () => {
    const wrong = write('wrong.json', { ...config, token: 'canary-77e1' });
    const { code, stdout } = await runCli(['connector', 'test', folder, '--config', wrong, '--json']);
    expect(code).toBe(EXIT.failed);
    const { data, ...envelope } = JSON.parse(stdout) as { data: { ok: boolean; checks: { name: string }[] }[] };
    expect(envelope).toMatchObject({
      ok: false,
      error: { code: 'connector.not_conforming', message: expect.stringMatching(/^my-shop fails the checks? check/) },
    });
    expect(data[0]).toMatchObject({ ok: false, connector: { id: 'my-shop', kind: 'source' } });
    expect(data[0]?.checks.find(({ name }) => name === 'check')).toMatchObject({
      status: 'fail',
      detail: 'connector.auth_failed: The API answers /v1/me with 401.',
      fix: 'Make a new token.',
    });
    expect(stdout).not.toContain('canary-77e1');
  });

  test('takes the id of a source of this build as well, and reads only some slices of it', async () => {
    await using database = await freshDatabase('connector_test');
    await database.query(
      'create table a (id bigint primary key, note text); insert into a select n, $$x$$ from generate_series(1, 5000) n',
    );
    const args = ['connector', 'test', 'postgres', '--set-env', 'url=CRM_URL', '--slices', '2', '--rows', '1000', '--json'];
    const { code, stdout } = await runCli(args, { env: { CRM_URL: database.url } });
    const { data } = JSON.parse(stdout) as { data: { checks: { name: string; status: string; detail: string }[] }[] };
    expect(data[0]?.checks.find(({ name }) => name === 'full-read')).toMatchObject({
      status: 'pass',
      detail: expect.stringMatching(/^200\d rows of public\.a$/),
    });
    expect({ code, failed: data[0]?.checks.filter(({ status }) => status === 'fail') }).toEqual({ code: EXIT.ok, failed: [] });
  });

  test.each([
    ['./nowhere', 'there is nothing at'],
    ['millrace-connector-none', 'is not installed'],
  ])('exits 2 for %s', async (module, why) => {
    const { code, stderr } = await runCli(['connector', 'test', module]);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining(why) });
  });

  test('exits 2 for a package that is not built', async () => {
    const place = join(home.path, 'unbuilt');
    await runCli(['connector', 'new', 'unbuilt', '--dir', place]);
    const { code, stderr } = await runCli(['connector', 'test', place]);
    expect({ code, stderr }).toEqual({ code: EXIT.usage, stderr: expect.stringContaining('npm run build') });
  });
});

describe('in use', () => {
  const log = { info: () => undefined, warn: () => undefined };

  test('a project that depends on the package moves rows with it, and its errors keep their codes', async () => {
    const project = join(home.path, 'project');
    mkdirSync(join(project, 'node_modules', '@acme'), { recursive: true });
    symlinkSync(folder, join(project, 'node_modules', '@acme', 'millrace-connector-my-shop'));
    const dependencies = { '@acme/millrace-connector-my-shop': '0.1.0' };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ dependencies }));
    await loadConnectors({ folder: project, configured: [], log });
    await using millrace = await startMillrace();
    const env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey, WAREHOUSE_URL: millrace.destination.url };
    const millraceCli = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runCli(args, { env });
      expect({ args, code, stderr }).toMatchObject({ code: EXIT.ok });
      return stdout;
    };
    expect(await millraceCli('connectors', 'list')).toMatch(
      /my-shop +source +My shop +alpha +@acme\/millrace-connector-my-shop 0\.1\.0/,
    );
    await millraceCli('sources', 'add', 'shop', '--connector', 'my-shop', '--config', write('shop.json', config));
    expect(await millraceCli('sources', 'show', 'shop', '--json')).toContain('"token":{"set":true}');
    await millraceCli('destinations', 'add', 'warehouse', '--connector', 'postgres', '--set-env', 'url=WAREHOUSE_URL');
    await millraceCli(
      'connections',
      'add',
      'orders',
      '--from',
      'shop',
      '--to',
      'warehouse',
      '--schema',
      'raw',
      '--stream',
      'orders,mode=incremental_append,cursorField=revision',
    );
    await millraceCli('sync', 'orders');
    server.change();
    await millraceCli('sync', 'orders');
    const rows = await millrace.destination.query('select id::int, customer, amount::text from raw.orders order by id');
    expect(rows).toEqual(server.orders.map(({ id, customer, amount }) => ({ id, customer, amount })));
    await millraceCli(
      'sources',
      'add',
      'refused',
      '--connector',
      'my-shop',
      '--config',
      write('refused.json', { ...config, token: 'canary-0d2c' }),
    );
    const refused = await runCli(['sources', 'test', 'refused', '--json'], { env });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      ok: false,
      error: { code: 'connector.auth_failed', suggestion: 'Make a new token.' },
    });
    expect(refused.stdout + refused.stderr).not.toContain('canary-0d2c');
  });

  test('doctor says which packages load, and what to do about one that does not', async () => {
    const good = await runCli(['doctor', '--offline'], { env: { MILLRACE_CONNECTORS: folder } });
    expect(good.stdout).toContain('@acme/millrace-connector-my-shop 0.1.0: source my-shop');
    const bad = await runCli(['doctor', '--offline'], { env: { MILLRACE_CONNECTORS: `${folder},millrace-connector-missing` } });
    expect(bad.code).toBe(EXIT.environment);
    expect(bad.stdout).toMatch(/✗ packages .*is not installed in .*\n +→ Install it: npm install millrace-connector-missing/);
  });

  test('a module in MILLRACE_CONNECTORS that does not load keeps a worker from starting, and says why', async () => {
    const main = join(folder, 'node_modules', 'millrace', 'dist', 'cli', 'main.js');
    const env = {
      ...process.env,
      ...{
        DATABASE_URL: 'postgresql://127.0.0.1:9/none',
        TEMPORAL_ADDRESS: '127.0.0.1:9',
        MILLRACE_STAGE_URL: 'file:///nonexistent',
      },
      ...{ MILLRACE_SECRET_KEY: 'a'.repeat(64), MILLRACE_CONNECTORS: 'millrace-connector-missing' },
    };
    const child = spawn(process.execPath, [main, 'worker'], { env, cwd: home.path, stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => void (stderr += part.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: expect.stringContaining('millrace-connector-missing is not installed in'),
    });
  });
});
