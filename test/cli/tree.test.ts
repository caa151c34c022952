import type { Command } from 'commander';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { createProgram } from '../../cli/program.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { tempHome } from '../support/temp-home.js';
import { type RunOptions, runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey, SOURCE_URL: millrace.source.url };
  await millrace.source.query('create table a (id int primary key)');
  await runCli(['sources', 'add', 'crm', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL'], { env });
  await runCli(['destinations', 'add', 'warehouse', '--connector', 'postgres', '--set-env', 'url=SOURCE_URL'], { env });
  const add = ['connections', 'add', 'shop', '--from', 'crm', '--to', 'warehouse', '--stream', 'public.a'];
  expect((await runCli([...add, '--schema', 'raw'], { env })).stderr).toContain('Added connection shop');
});
afterAll(() => millrace[Symbol.asyncDispose]());

const SERVERS = new Set(['start', 'quickstart', 'api', 'worker', 'temporal']);

/** Every command that does something, as it is typed. */
function leaves(command: Command, path: readonly string[] = []): readonly { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands
    .filter((child) => !child.name().startsWith('__'))
    .flatMap((child) => leaves(child, [...path, child.name()]));
}

const ALL = leaves(createProgram()).map(({ path, command }) => ({ line: path.join(' '), path, command }));
/** They read and write the folder they are called in; `project.test.ts` has what they do. */
const PROJECT = ['init', 'plan', 'apply', 'export'];
const CLIENTS = ALL.filter(({ path }) => ![...SERVERS, ...PROJECT].includes(path[0] ?? ''));

test('the tree has the commands of the contract', () => {
  const lines = new Set(ALL.map(({ line }) => line));
  const nouns = {
    connectors: 'list show',
    connector: 'new test',
    sources: 'list show add test rm restore',
    destinations: 'list show add test rm restore',
    connections: 'list show add rm restore pause resume',
    runs: 'list show logs watch cancel retry',
    rejects: 'list export replay',
    state: 'get set reset diff',
    schema: 'show diff accept',
    transform: 'validate preview lineage',
    keys: 'create list rotate revoke',
    secrets: 'status rotate',
    workspaces: 'list create rm',
    context: 'set use list',
  };
  const expected = Object.entries(nouns).flatMap(([noun, verbs]) => verbs.split(' ').map((verb) => `${noun} ${verb}`));
  const single = 'discover preview query sync copy load verify doctor completion rebuild version'.split(' ');
  for (const line of [...expected, ...PROJECT, ...single]) {
    expect(lines).toContain(line);
  }
});

/** What `--help` prints, in this process: forty children would only be slow. */
async function helpOf(path: readonly string[]): Promise<string> {
  let text = '';
  const program = createProgram();
  const listen = (command: Command): void => {
    command.configureOutput({ writeOut: (part) => void (text += part) });
    command.commands.forEach(listen);
  };
  listen(program);
  await program.parseAsync([...path, '--help'], { from: 'user' }).catch(() => undefined); // it leaves by an error
  return text;
}

test.each(ALL)('the help of `$line` begins with examples of it', async ({ line, path }) => {
  const text = await helpOf(path);
  expect(text).toMatch(/^Examples:\n {2}/);
  expect(text.split('\nUsage:')[0]).toContain(`millrace ${line}`);
  expect(Math.max(...text.split('\n').map((row) => row.length))).toBeLessThanOrEqual(130);
});

test('help is a result: on stdout, with code 0', async () => {
  const { code, stdout, stderr } = await runCli(['sync', '--help']);
  expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
  expect(stdout).toBe(await helpOf(['sync']));
});

test.each(CLIENTS)(
  '`$line` without what it needs, with --json, prints one envelope and asks nothing',
  async ({ path, command }) => {
    const needs =
      command.registeredArguments.some(({ required }) => required) || command.options.some(({ mandatory }) => mandatory);
    const { code, stdout } = await runCli([...path, '--json'], { env });
    if (path[0] === 'completion') return expect(code).toBe(EXIT.usage);
    const envelope = JSON.parse(stdout) as { ok: boolean; error?: { code: string; message: string; suggestion: string } };
    expect({ ok: envelope.ok, code }).toEqual(needs ? { ok: false, code: EXIT.usage } : { ok: true, code: EXIT.ok });
    if (needs) expect(envelope.error).toMatchObject({ code: 'request.invalid', message: expect.stringMatching(/\.$/) });
  },
);

test('the commands of a project, with --json, print one envelope and ask nothing', async () => {
  await using home = await tempHome('tree');
  const run = async (...args: readonly string[]): Promise<{ code: number | null; envelope: Record<string, unknown> }> => {
    const variables = { CRM_URL: millrace.source.url, WAREHOUSE_URL: millrace.source.url };
    const { code, stdout } = await runCli([...args, '--json'], { env: { ...env, ...variables }, cwd: home.path });
    return { code, envelope: JSON.parse(stdout) as Record<string, unknown> };
  };
  const missing = { code: EXIT.usage, envelope: { ok: false, error: { code: 'project.invalid' } } };
  expect(await run('plan')).toMatchObject(missing);
  expect(await run('apply')).toMatchObject(missing);
  expect(await run('init', '--name', 'no name')).toMatchObject({ code: EXIT.usage, envelope: { error: { path: '--name' } } });
  expect(await run('init', '--name', 'tree')).toMatchObject({ code: EXIT.ok, envelope: { ok: true, data: { project: 'tree' } } });
  expect(await run('plan')).toMatchObject({ code: EXIT.ok, envelope: { ok: true, data: { project: 'tree' } } });
  expect(await run('apply')).toMatchObject({ code: EXIT.usage, envelope: { ok: false, error: { path: '--yes' } } });
  expect(await run('export', '--to', 'copy')).toMatchObject({ code: EXIT.ok, envelope: { ok: true, data: { project: 'copy' } } });
});

describe('what is misspelt is refused with what was meant', () => {
  test.each([
    ['sorces list', 'Did you mean sources?'],
    ['runs lst', 'Did you mean list?'],
    ['runs list --stauts failed', 'Did you mean --status?'],
    ['sources show cmr', 'Did you mean crm?'],
    ['destinations test warehuse', 'Did you mean warehouse?'],
    ['sync shpo', 'Did you mean shop?'],
    ['preview cmr public.a', 'Did you mean crm?'],
    ['preview crm public.aa', 'Did you mean public.a?'],
    ['schema diff shpo', 'Did you mean shop?'],
    ['sync shop --stream public.aa', 'Did you mean public.a?'],
    ['connectors show postgre', 'Did you mean postgres?'],
    ['keys revoke bootstap --yes', 'Did you mean bootstrap?'],
    ['workspaces rm defaul --yes', 'Did you mean default?'],
    ['sources add x --connector postgrs', 'Did you mean postgres?'],
    ['init /nonexistent --source-connector postgrs', 'Did you mean postgres?'],
    ['plna', 'Did you mean plan?'],
  ])('%s', async (line, suggestion) => {
    const plain = await runCli(line.split(' '), { env });
    expect(plain).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(plain.stderr).toContain(`→ ${suggestion}`);
    const json = await runCli([...line.split(' '), '--json'], { env });
    expect(json.code).toBe(EXIT.usage);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { suggestion } });
  });
});

test.each([
  'sources rm crm',
  'destinations rm warehouse',
  'connections rm shop',
  'keys revoke bootstrap',
  'workspaces rm default',
  'state reset shop public.a',
])('`%s` destroys nothing without --yes, and asks nobody where nobody is', async (line) => {
  const { code, stdout, stderr } = await runCli(line.split(' '), { env });
  expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
  expect(stderr).toContain('This needs --yes.');
  const name = line.split(' ').at(2) ?? '';
  if (name !== 'bootstrap') expect((await runCli(['connections', 'show', 'shop'], { env })).code).toBe(EXIT.ok);
});

describe('where the API is', () => {
  const run = (args: readonly string[], options: RunOptions) => runCli(args, options);

  test('nothing runs: 3, and what to do', async () => {
    const { code, stderr } = await run(['sources', 'list'], {});
    expect(code).toBe(EXIT.environment);
    expect(stderr).toMatch(/setup\.unavailable\n.*No stack runs over this home\.\n.*millrace start/);
  });

  test('nobody answers: 3; a wrong key: 2; half of a setting: 2', async () => {
    const away = await run(['sources', 'rm', 'x', '--json'], {
      env: { MILLRACE_URL: 'http://127.0.0.1:9', MILLRACE_API_KEY: 'k' },
    });
    expect(away.code).toBe(EXIT.environment);
    expect(JSON.parse(away.stdout)).toMatchObject({ ok: false, error: { code: 'setup.unavailable' } });
    const refused = await run(['sources', 'list'], { env: { ...env, MILLRACE_API_KEY: 'mrk_wrong' } });
    expect(refused).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('request.unauthenticated') });
    const half = await run(['sources', 'list'], { env: { MILLRACE_URL: millrace.apiUrl } });
    expect(half).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('MILLRACE_API_KEY') });
  });

  test('a context is remembered in a file for its owner alone, and never shows its key', async () => {
    await using home = await tempHome('context');
    const config = { XDG_CONFIG_HOME: home.path };
    mkdirSync(home.path, { recursive: true });
    const set = await run(['context', 'set', 'prod', '--url', millrace.apiUrl], {
      env: { ...config, MILLRACE_API_KEY: millrace.apiKey },
    });
    expect(set.code).toBe(EXIT.ok);
    expect(statSync(join(home.path, 'millrace', 'contexts.json')).mode & 0o777).toBe(0o600);
    expect((await run(['sources', 'list', '--context', 'prod'], { env: config })).stdout).toContain('crm');
    expect((await run(['sources', 'list'], { env: config })).code).toBe(EXIT.environment);
    expect((await run(['context', 'use', 'prod'], { env: config })).code).toBe(EXIT.ok);
    expect((await run(['sources', 'list'], { env: config })).stdout).toContain('crm');
    const listed = await run(['context', 'list'], { env: config });
    expect(listed.stdout).toMatch(/\* +prod +http/);
    expect(listed.stdout + listed.stderr + set.stdout + set.stderr).not.toContain(millrace.apiKey);
    expect(await run(['context', 'use', 'prd'], { env: config })).toMatchObject({
      stderr: expect.stringContaining('Did you mean prod?'),
    });
  });
});
