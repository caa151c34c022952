import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Finding } from '../../cli/doctor/check.js';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { servers } from '../support/servers.js';
import { tempHome } from '../support/temp-home.js';
import { runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = {
    MILLRACE_URL: millrace.apiUrl,
    MILLRACE_API_KEY: millrace.apiKey,
    DATABASE_URL: millrace.metadata.url,
    TEMPORAL_ADDRESS: servers().temporalAddress,
    MILLRACE_TASK_QUEUE: millrace.taskQueue,
    MILLRACE_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    MILLRACE_API_PORT: '0',
    MILLRACE_PG_PORT: '0',
    MILLRACE_TEMPORAL_PORT: '0',
    MILLRACE_TEMPORAL_UI_PORT: '0',
  };
  await millrace.connect([{ name: 'public.orders', mode: 'full_refresh_overwrite' }]);
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function findings(more: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Record<string, Finding>> {
  const { stdout } = await runCli(['doctor', '--json', ...args], { env: more });
  const { data } = JSON.parse(stdout) as { data: readonly Finding[] };
  return Object.fromEntries(data.map((finding) => [finding.name, finding]));
}

describe('doctor', () => {
  test('all is well: every check passes, and the exit code is 0', async () => {
    await using home = await tempHome('doctor');
    const found = await findings({ ...env, MILLRACE_HOME: home.path });
    const bad = Object.values(found).filter(({ name, status }) => status !== 'pass' && name !== 'disk space');
    expect(bad).toEqual([]);
    expect(Object.keys(found)).toEqual([
      'node',
      'settings',
      'home',
      'disk space',
      'ports',
      'DuckDB',
      'packages',
      'Temporal binary',
      'metadata database',
      'clock',
      'Temporal',
      'workers',
      'API',
      'connectors',
    ]);
    expect(found['metadata database']?.detail).toMatch(/^PostgreSQL 1\d/);
    expect(found['workers']?.detail).toBe(`1 on task queue ${millrace.taskQueue}`);
  });

  test('what is away is named, with what to do; the exit code is 3, and no password is shown', async () => {
    const away = {
      ...env,
      DATABASE_URL: 'postgresql://u:hunter2@127.0.0.1:9/x',
      MILLRACE_TASK_QUEUE: 'nobody-polls-this',
      MILLRACE_URL: 'http://127.0.0.1:9',
    };
    const { code, stdout, stderr } = await runCli(['doctor'], { env: away });
    expect(code).toBe(EXIT.environment);
    expect(stdout).toMatch(/^✗ metadata database .*ECONNREFUSED.*\n +→ Check that Postgres runs/m);
    expect(stdout).toMatch(/^✗ workers +None polls task queue nobody-polls-this\.\n +→ Start one: millrace worker/m);
    expect(stdout).toMatch(/^✗ API +The API at http:\/\/127\.0\.0\.1:9 cannot be reached\./m);
    expect(stdout).toMatch(/^✓ Temporal /m);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(stderr).toMatch(/\d checks fail\./);
  });

  test('the stage is written to, read and tidied up; a bucket that refuses is named, without its keys', async () => {
    await using home = await tempHome('doctor');
    const stage = join(home.path, 'stage');
    const found = await findings({ ...env, MILLRACE_STAGE_URL: pathToFileURL(stage).href });
    expect(found['stage']).toMatchObject({ status: 'pass', detail: pathToFileURL(stage).href });
    expect(await readdir(join(stage, '_doctor'))).toEqual([]);
    const aws = { AWS_ACCESS_KEY_ID: 'hunter1', AWS_SECRET_ACCESS_KEY: 'hunter2', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };
    const { stdout } = await runCli(['doctor'], { env: { ...env, ...aws, MILLRACE_STAGE_URL: 's3://bucket/stage' } });
    expect(stdout).toMatch(/^✗ stage .*s3:\/\/bucket\/stage: .*ECONNREFUSED.*\n +→ Check network and endpoint/m);
    expect(stdout).not.toMatch(/hunter/);
  });

  test('a bad setting is all there is to say', async () => {
    const { code, stdout } = await runCli(['doctor'], { env: { MILLRACE_PG_PORT: 'x' } });
    expect(code).toBe(EXIT.environment);
    expect(stdout).toMatch(/^✗ settings +MILLRACE_PG_PORT: .*\n +→ Correct or unset MILLRACE_PG_PORT\.\n$/);
  });

  test('a port that was asked for and is busy fails; that nothing runs is only a warning', async () => {
    await using home = await tempHome('doctor');
    const busy = new URL(millrace.apiUrl).port;
    const found = await findings({ MILLRACE_HOME: home.path, MILLRACE_API_PORT: busy });
    expect(found['ports']).toMatchObject({ status: 'fail', detail: expect.stringContaining(`${busy} (MILLRACE_API_PORT)`) });
    expect(found['API']).toMatchObject({ status: 'warn', detail: 'No stack runs over this home.' });
  });

  test('--offline asks nobody', async () => {
    await using home = await tempHome('doctor');
    const found = await findings({ ...env, MILLRACE_HOME: home.path, TEMPORAL_ADDRESS: '127.0.0.1:9' }, ['--offline']);
    expect(Object.keys(found)).not.toContain('Temporal');
    expect(found['DuckDB']?.status).toBe('pass');
  });
});

describe('completion', () => {
  const complete = async (...words: string[]): Promise<readonly string[]> =>
    (await runCli(['__complete', '--', ...words], { env })).stdout.split('\n').filter((line) => line !== '');

  test('commands, flags and choices come from the tree, names from the API', async () => {
    const connections = JSON.parse((await runCli(['connections', 'list', '--json'], { env })).stdout) as {
      data: { name: string }[];
    };
    const name = connections.data[0]?.name ?? '';
    expect(name).toMatch(/^con-/);
    expect(await complete('so')).toEqual(['sources']);
    expect(await complete('runs', '')).toEqual(['cancel', 'list', 'logs', 'retry', 'show', 'watch']);
    expect(await complete('sync', '--str')).toEqual(['--stream', '--strict']);
    expect(await complete('sync', '')).toEqual([name]);
    expect(await complete('sync', name, '--stream', '')).toEqual(['public.orders']);
    expect(await complete('runs', 'retry', 'x', '--from', '')).toEqual(['source', 'stage']);
    expect(await complete('sources', 'show', 'src')).toHaveLength(1);
  });

  test('without an API there are no names, and no error', async () => {
    const outcome = await runCli(['__complete', '--', 'sync', '']);
    expect(outcome).toEqual({ code: EXIT.ok, stdout: '', stderr: '' });
  });

  test('bash completes by the script', () => {
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const script = `millrace() { "${process.execPath}" "${main}" "$@"; }
      eval "$(millrace completion bash)"
      COMP_WORDS=(millrace connections re); COMP_CWORD=2; _millrace; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: 'restore\nresume\n', stderr: '' });
  });

  test.each(['bash', 'zsh', 'fish'])('%s gets a script; others get the list', async (shell) => {
    const { code, stdout } = await runCli(['completion', shell]);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain('millrace __complete -- ');
    const other = await runCli(['completion', 'cmd']);
    expect(other).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('bash, zsh, fish') });
  });
});
