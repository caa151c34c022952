import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';
import { CTRL_C, CTRL_D, ENTER, noTerminal, onTerminal } from './support/terminal.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let home: TempHome;
let env: Record<string, string>;

beforeAll(async () => {
  if (noTerminal) return;
  [millrace, home] = await Promise.all([startMillrace(), tempHome('terminal')]);
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey };
  await millrace.source.query('create table a (id int primary key); insert into a select generate_series(1, 10)');
});
afterAll(async () => {
  await millrace?.[Symbol.asyncDispose]();
  await home?.[Symbol.asyncDispose]();
});

async function addSource(name: string): Promise<string> {
  const { body } = await millrace.call('POST', '/v1/sources', {
    name,
    connector: 'postgres',
    config: { url: millrace.source.url },
  });
  return body.id as string;
}

const isThere = async (id: string): Promise<boolean> => (await millrace.call('GET', `/v1/sources/${id}`)).status === 200;

describe.skipIf(noTerminal)('a name that is to be typed (needs python3)', () => {
  const PROMPT = (name: string): string => `Type ${name} to go on: `;

  test('the right one deletes', async () => {
    const id = await addSource('right');
    const terminal = onTerminal(['sources', 'rm', 'right'], { env });
    await terminal.sees(PROMPT('right'));
    expect(await isThere(id)).toBe(true);
    terminal.type(`right${ENTER}`);
    expect(await terminal.end).toMatchObject({ code: EXIT.ok });
    expect(await isThere(id)).toBe(false);
  });

  test.each([
    ['another one', `wrong-name${ENTER}`],
    ['only a part of it', `kep${ENTER}`],
    ['nothing', ENTER],
    ['yes', `yes${ENTER}`],
  ])('%s changes nothing', async (_, typed) => {
    const id = await addSource('kept');
    const terminal = onTerminal(['sources', 'rm', id], { env });
    await terminal.sees(PROMPT('kept'));
    terminal.type(typed);
    expect(await terminal.end).toMatchObject({ code: EXIT.usage, shown: expect.stringContaining('nothing was changed') });
    expect(await isThere(id)).toBe(true);
  });

  test.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-D', CTRL_D],
  ])('%s changes nothing, and is no error', async (_, key) => {
    const id = await addSource('interrupted');
    const terminal = onTerminal(['sources', 'rm', id], { env });
    await terminal.sees(PROMPT('interrupted'));
    terminal.type(key);
    const { code, shown } = await terminal.end;
    expect({ code, last: shown.trim().split('\n').at(-1) }).toEqual({ code: EXIT.interrupted, last: 'Nothing was changed.' });
    expect(shown).not.toContain('✗');
    expect(await isThere(id)).toBe(true);
  });

  test('is not asked for with --yes', async () => {
    const id = await addSource('sure');
    const { code, shown } = await onTerminal(['sources', 'rm', id, '--yes'], { env }).end;
    expect({ code, asked: shown.includes('Type ') }).toEqual({ code: EXIT.ok, asked: false });
    expect(await isThere(id)).toBe(false);
  });

  test('is not asked for in CI, nor where stdin is no terminal: the command refuses', async () => {
    const id = await addSource('automatic');
    const inCi = await onTerminal(['sources', 'rm', id], { env: { ...env, CI: 'true' } }).end;
    const piped = await runCli(['sources', 'rm', id], { env: { ...env, CI: '' }, input: `automatic${ENTER}\n` });
    for (const { code, said } of [
      { code: inCi.code, said: inCi.shown },
      { code: piped.code, said: piped.stderr },
    ]) {
      expect({ code, said }).toEqual({ code: EXIT.usage, said: expect.stringContaining('This needs --yes.') });
      expect(said).not.toContain('Type automatic');
    }
    expect(await isThere(id)).toBe(true);
  });
});

describe.skipIf(noTerminal)('init (needs python3)', () => {
  const project = (folder: string): string => readFileSync(join(folder, 'millrace.yaml'), 'utf8');

  test('asks, and writes what was answered', async () => {
    const folder = join(home.path, 'asked');
    const terminal = onTerminal(['init', folder]);
    await terminal.sees('Name of the project? (asked) ');
    terminal.type(`my-shop${ENTER}`);
    await terminal.sees('Connector of the source? (postgres) ');
    terminal.type(`files${ENTER}`);
    await terminal.sees('Connector of the destination? (postgres) ');
    expect(existsSync(folder)).toBe(false);
    terminal.type(ENTER);
    expect(await terminal.end).toMatchObject({ code: EXIT.ok });
    expect(project(folder)).toMatch(/^name: my-shop$/m);
    expect(project(folder)).toMatch(/sources:\n {2}files:\n {4}connector: files\n/);
    expect(project(folder)).toMatch(/destinations:\n {2}warehouse:\n {4}connector: postgres\n/);
  });

  test('asks only what no option says', async () => {
    const folder = join(home.path, 'half');
    const terminal = onTerminal(['init', folder, '--name', 'half', '--source-connector', 'postgres']);
    await terminal.sees('Connector of the destination?');
    terminal.type(ENTER);
    const { code, shown } = await terminal.end;
    expect({ code, asked: shown.match(/\?/g)?.length }).toEqual({ code: EXIT.ok, asked: 1 });
  });

  test('writes nothing when it is broken off', async () => {
    const folder = join(home.path, 'broken-off');
    const terminal = onTerminal(['init', folder]);
    await terminal.sees('Name of the project?');
    terminal.type(`other${ENTER}`);
    await terminal.sees('Connector of the source?');
    terminal.type(CTRL_C);
    expect(await terminal.end).toMatchObject({ code: EXIT.interrupted });
    expect(existsSync(folder)).toBe(false);
  });

  test('asks nothing in CI, nor where stdin is no terminal', async () => {
    const [inCi, piped] = [join(home.path, 'in-ci'), join(home.path, 'piped')];
    const shown = await onTerminal(['init', inCi], { env: { CI: 'true' } }).end;
    const outcome = await runCli(['init', piped], { env: { CI: '' }, input: 'typed\nfiles\n' });
    expect([shown.code, outcome.code]).toEqual([EXIT.ok, EXIT.ok]);
    expect(shown.shown + outcome.stderr).not.toContain('?');
    for (const [folder, name] of [
      [inCi, 'in-ci'],
      [piped, 'piped'],
    ] as const)
      expect(project(folder)).toMatch(new RegExp(`^name: ${name}$`, 'm'));
  });
});

describe.skipIf(noTerminal)('Ctrl-C of sync (needs python3)', () => {
  /** A client of its own, whose transaction keeps others from a table until it ends. */
  async function holdTable(url: string, table: string, mode: string): Promise<AsyncDisposable> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`begin; lock table ${table} in ${mode} mode`);
    return { [Symbol.asyncDispose]: () => client.end() };
  }
  /** Keeps runs from reading. */
  const holdSource = (): Promise<AsyncDisposable> => holdTable(millrace.source.url, 'a', 'access exclusive');

  const connect = (table: string): Promise<string> =>
    millrace.connect([{ name: 'public.a', mode: 'full_refresh_overwrite', target: { table } }]);
  const runsOf = async (id: string) => (await millrace.call('GET', `/v1/runs?connectionId=${id}`)).body.data;

  test('the first asks the run to stop, and the command waits for that', async () => {
    const id = await connect('first');
    const held = await holdSource();
    const terminal = onTerminal(['sync', id], { env });
    await terminal.sees('run 1 running');
    terminal.type(CTRL_C);
    await terminal.sees('Cancelling run 1');
    await held[Symbol.asyncDispose]();
    expect(await terminal.end).toMatchObject({ code: EXIT.interrupted, shown: expect.stringContaining('run.cancelled') });
    expect(await runsOf(id)).toMatchObject([{ number: 1, status: 'cancelled' }]);
  });

  test('the second leaves the run to that', async () => {
    const id = await connect('second');
    await using _held = await holdSource();
    const terminal = onTerminal(['sync', id], { env });
    await terminal.sees('run 1 running');
    await using _unended = await holdTable(millrace.metadata.url, 'runs', 'exclusive'); // else it may end before the second key
    terminal.type(CTRL_C);
    await terminal.sees('Cancelling run 1');
    const pressing = setInterval(() => terminal.type(CTRL_C), 200); // one that comes at once counts as the same
    const { code, shown } = await terminal.end.finally(() => clearInterval(pressing));
    expect({ code, shown }).toEqual({ code: EXIT.interrupted, shown: expect.stringContaining('Left run 1') });
    expect(shown).toMatch(/Cancel it: +millrace runs cancel run_/);
  });
});
