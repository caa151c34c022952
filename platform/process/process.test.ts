import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isMillraceError } from '../errors/error.js';
import { type ServerProcess, lastLines, startServer } from './child.js';
import { isAlive, listProcesses, processStamp } from './inspect.js';
import { confine, hasSetpriv } from './invocation.js';
import { endOrphans, findByCommand } from './orphans.js';
import { choosePort, freePort } from './port.js';
import { until } from './wait.js';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-process-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** A shell that runs `script` and can be found by the folder's name in its arguments. */
async function shell(script: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', script, folder], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return child;
}

const serve = (script: string, graceMs = 5_000): Promise<ServerProcess> =>
  startServer({
    command: 'sh',
    args: ['-c', script],
    name: 'The server',
    logFile: join(folder, 'log'),
    stopSignals: ['SIGTERM'],
    graceMs,
  });

describe('a server process', () => {
  test('writes into its log file and says how it ended', async () => {
    const server = await serve('echo ready; exit 3');
    expect(await server.ended).toBe(`The server ended with exit code 3; see ${join(folder, 'log')}`);
    expect(await lastLines(join(folder, 'log'), 1)).toBe('ready');
    expect(server.hasEnded()).toBe(true);
  });

  test('is stopped by its signal', async () => {
    const server = await serve('exec sleep 60');
    await server.stop();
    expect(await server.ended).toContain('SIGTERM');
  });

  test('that does not listen is stopped by SIGKILL', async () => {
    const server = await serve("trap '' TERM; echo up; while :; do sleep 0.1; done", 200);
    await until(async () => (await lastLines(join(folder, 'log'), 1)) === 'up', { timeoutMs: 5_000 });
    await server.stop();
    expect(await server.ended).toContain('SIGKILL');
  });

  test('that cannot be run is a clear refusal', async () => {
    const refusal = startServer({
      command: '/nowhere/x',
      args: [],
      name: 'The server',
      logFile: join(folder, 'log'),
      stopSignals: [],
      graceMs: 1,
    });
    await expect(refusal).rejects.toThrow('The server cannot be started');
  });

  test('on Linux ends with its parent, even when that is killed', async () => {
    if (!hasSetpriv()) return; // elsewhere the next start ends it
    const { command, args } = confine('sleep', ['60'], { signalWhenWeDie: 'TERM' });
    const parent = spawn('sh', ['-c', `${command} ${args.join(' ')} & echo $! > ${folder}/pid; wait`], { stdio: 'ignore' });
    const readPid = async (): Promise<number> => Number(await readFile(join(folder, 'pid'), 'utf8').catch(() => '0'));
    await until(async () => (await readPid()) > 0 && commandOf(await readPid()).startsWith('sleep'), { timeoutMs: 5_000 });
    const pid = await readPid();
    parent.kill('SIGKILL');
    expect(await until(() => !isAlive(pid), { timeoutMs: 5_000 })).toBe(true);
  });
});

const commandOf = (pid: number): string => listProcesses().find((found) => found.pid === pid)?.command ?? '';

describe('other processes', () => {
  test('one that ended is not alive, nor is one that nobody has reaped', async () => {
    const child = await shell('exit 0');
    await once(child, 'exit');
    expect(isAlive(child.pid!)).toBe(false);
    expect(processStamp(child.pid!)).toBeUndefined();
  });

  test('the stamp of a process stays, and tells it from others', async () => {
    const child = await shell('exec sleep 60');
    expect(processStamp(child.pid!)).toBe(processStamp(child.pid!));
    expect(processStamp(child.pid!)).not.toBe(processStamp(process.pid));
  });

  test('orphans are found by what their command line says, and ended', async () => {
    const child = await shell("trap '' TERM; while :; do sleep 0.1; done");
    expect(findByCommand([` ${folder} `])).toContain(child.pid); // a child that it has just forked looks like it for a moment
    expect(findByCommand([` ${folder} `, ' --other '])).toEqual([]);
    expect(await endOrphans([child.pid!], ['SIGKILL'])).toBe(true);
  });
});

describe('ports', () => {
  test('0 is any free port, a default gives way, one that was asked for does not', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    expect(await choosePort({ port: 0, mustBe: true, variable: 'X' })).toBeGreaterThan(0);
    expect(await choosePort({ port, mustBe: false, variable: 'X' })).not.toBe(port);
    const refusal = await choosePort({ port, mustBe: true, variable: 'X' }).catch((error: unknown) => error);
    expect(isMillraceError(refusal, 'setup.unavailable') && refusal.suggestion).toContain('set X to another port');
    taken.close();
  });

  test('a free default is taken as it is', async () => {
    const port = await freePort();
    expect(await choosePort({ port, mustBe: false, variable: 'X' })).toBe(port);
  });
});
