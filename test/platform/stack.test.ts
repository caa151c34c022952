import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { listProcesses } from '../../platform/process/inspect.js';
import { type StackProcess, startProcess, startStackProcess } from '../support/millrace-process.js';
import { type TempHome, processesNaming, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

// a start costs four seconds of one processor, and more when others use it, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Tests share one home, one after the other: each start after the first is over a warm one. */
let home: TempHome;
let stack: StackProcess;

beforeAll(async () => {
  home = await tempHome('stack');
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await waitFor(() => processesNaming(home.path).length === 0, { what: 'no server is left' });
  await home[Symbol.asyncDispose]();
});

async function listSources({ facts, apiKey }: StackProcess): Promise<number> {
  const answer = await fetch(`${facts.apiUrl}/v1/sources`, { headers: { authorization: `Bearer ${apiKey}` } });
  return answer.status;
}

function serverPid(name: string): number {
  const found = listProcesses().find(({ command }) => command.includes(home.path) && command.includes(name));
  if (!found) throw new Error(`no ${name} runs`);
  return found.pid;
}

test('a first start serves its API', async () => {
  stack = await startStackProcess(home.path, { env: { MILLRACE_LOG_LEVEL: 'debug' } });
  expect(await listSources(stack)).toBe(200);
  expect(stack.facts.pid).toBe(stack.pid);
});

test('a second stack over the same home is refused with the pid of the first', async () => {
  await using refused = startProcess(['start'], { env: { MILLRACE_HOME: home.path } });
  expect((await refused.exited).code).toBe(EXIT.environment);
  expect(refused.output()).toContain(`pid ${stack.pid}`);
});

test('a stack in another home runs beside it', async () => {
  await using other = await tempHome('stack-beside');
  await using beside = await startStackProcess(other.path);
  expect([await listSources(stack), await listSources(beside)]).toEqual([200, 200]);
  await beside.kill('SIGTERM');
  expect(processesNaming(other.path)).toEqual([]);
});

test('after SIGKILL it starts again over the same home, with the same key and data', async () => {
  const { apiKey } = stack;
  await stack.kill('SIGKILL');
  stack = await startStackProcess(home.path);
  expect(stack.apiKey).toBe(apiKey);
  expect(await listSources(stack)).toBe(200);
});

test('at SIGTERM it stops in order and leaves nothing running; its log holds no secret', async () => {
  expect(await stack.kill('SIGTERM')).toEqual({ code: EXIT.ok, signal: null });
  expect(existsSync(join(home.path, 'stack.json'))).toBe(false);
  expect(processesNaming(home.path)).toEqual([]);
  const password = (await readFile(join(home.path, 'postgres-password'), 'utf8')).trim();
  for (const secret of [password, stack.apiKey]) expect(stack.output()).not.toContain(secret);
});

test.each([
  ['Postgres', 'postgres -D'],
  ['The Temporal server', 'start-dev'],
])('when %s dies the stack ends with a message', async (name, command) => {
  stack = await startStackProcess(home.path);
  process.kill(serverPid(command), 'SIGKILL');
  expect((await stack.exited).code).toBe(EXIT.environment);
  expect(stack.output()).toContain(`${name} ended by SIGKILL`);
  expect(processesNaming(home.path)).toEqual([]);
});

test('bad settings end with code 2 and a message without a stack trace', async () => {
  await using refused = startProcess(['start'], { env: { MILLRACE_HOME: home.path, MILLRACE_PG_PORT: 'x' } });
  expect((await refused.exited).code).toBe(EXIT.usage);
  expect(refused.output()).toMatch(/^✗ setup\.invalid {2}MILLRACE_PG_PORT\n.*\n {2}→ /);
  expect(refused.output()).not.toContain('    at ');
});
