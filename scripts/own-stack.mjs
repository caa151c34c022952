/** A stack of its own for scripts that need real runs. Needs a build. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const PORTS = { MILLRACE_API_PORT: '0', MILLRACE_PG_PORT: '0', MILLRACE_TEMPORAL_PORT: '0', MILLRACE_TEMPORAL_UI_PORT: '0' };

/** What `condition` comes to once it is true. */
export async function until(condition, what, limitMs = 120_000) {
  for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = await condition();
    if (found) return found;
  }
  throw new Error(`waited ${limitMs} ms until ${what}`);
}

/** `millrace start` over `home`, back with its facts when it is ready. */
export async function startStack(home, sliceBytes) {
  const env = { ...process.env, ...PORTS, MILLRACE_HOME: home, MILLRACE_SLICE_BYTES: sliceBytes, MILLRACE_LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [MAIN, 'start'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const file = join(home, 'stack.json');
  await Promise.race([
    until(() => existsSync(file), 'the stack is ready'),
    ended.then(() => Promise.reject(new Error('the stack ended'))),
  ]);
  return { facts: JSON.parse(readFileSync(file, 'utf8')), stop };
}

/** A function that calls its API; @throws Error with the answer when that is no success */
export function apiOf({ apiUrl, apiKeyFile }) {
  const authorization = `Bearer ${readFileSync(apiKeyFile, 'utf8').trim()}`;
  return async (method, path, body) => {
    const headers = { authorization, 'if-match': '*', ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(apiUrl + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}
