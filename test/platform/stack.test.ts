import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { listProcesses } from '../../platform/process/inspect.js';
import { type StackProcess, startProcess, startStackProcess } from '../support/millrace-process.js';
import { type TempHome, processesNaming, tempHome } from '../support/temp-home.js';
import { waitFor } from '../support/wait-for.js';

/** Tests share one home, one after the other: each start after the first is over a warm one. */
let home: TempHome;

beforeAll(async () => {
  home = await tempHome('stack');
});

afterAll(async () => {
  await waitFor(() => processesNaming(home.path).length === 0, { what: 'no server is left' });
  await home[Symbol.asyncDispose]();
});

async function listSources(stack: StackProcess): Promise<number> {
  const answer = await fetch(`${stack.facts.apiUrl}/v1/sources`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
  return answer.status;
}

function serverPid(name: string): number {
  const found = listProcesses().find(({ command }) => command.includes(home.path) && command.includes(name));
  if (!found) throw new Error(`no ${name} runs`);
  return found.pid;
}

test('a stack serves its API, stops in order at SIGTERM and leaves nothing running', async () => {
  await using stack = await startStackProcess(home.path);
  expect(await listSources(stack)).toBe(200);
  expect(stack.facts.pid).toBe(stack.pid);
  expect(await stack.kill('SIGTERM')).toEqual({ code: EXIT.ok, signal: null });
  expect(existsSync(join(home.path, 'stack.json'))).toBe(false);
  expect(processesNaming(home.path)).toEqual([]);
});

test('after SIGKILL it starts again over the same home, in under five seconds, with the same key and data', async () => {
  await using first = await startStackProcess(home.path);
  await first.kill('SIGKILL');
  const before = performance.now();
  await using second = await startStackProcess(home.path);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(second.apiKey).toBe(first.apiKey);
  expect(await listSources(second)).toBe(200);
  await second.kill('SIGTERM');
});

test('a second stack over the same home is refused with the pid of the first; one in another home runs beside it', async () => {
  await using other = await tempHome('stack-beside');
  await using first = await startStackProcess(home.path);
  await using refused = startProcess(['start'], { env: { MILLRACE_HOME: home.path } });
  expect((await refused.exited).code).toBe(EXIT.environment);
  expect(refused.output()).toContain(`pid ${first.pid}`);
  await using beside = await startStackProcess(other.path);
  expect([await listSources(first), await listSources(beside)]).toEqual([200, 200]);
  await Promise.all([first.kill('SIGTERM'), beside.kill('SIGTERM')]);
});

test.each([
  ['Postgres', 'postgres -D'],
  ['The Temporal server', 'start-dev'],
])('when %s dies the stack ends with a message', async (name, command) => {
  await using stack = await startStackProcess(home.path);
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

test('the log of a stack holds none of its secrets', async () => {
  await using stack = await startStackProcess(home.path, { env: { MILLRACE_LOG_LEVEL: 'debug' } });
  await stack.kill('SIGTERM');
  const password = (await readFile(join(home.path, 'postgres-password'), 'utf8')).trim();
  for (const secret of [password, stack.apiKey]) expect(stack.output()).not.toContain(secret);
});

test('a lock without a living owner is taken over', async () => {
  await writeFile(join(home.path, 'lock'), JSON.stringify({ pid: process.pid, stamp: 'an earlier program' }));
  await using stack = await startStackProcess(home.path);
  await stack.kill('SIGTERM');
});
