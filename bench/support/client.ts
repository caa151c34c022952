import { readFile } from 'node:fs/promises';
import type { StackFile } from '../../platform/config/runtime.js';

export interface BenchClient {
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** @returns the id of what was made */
  made(path: string, body: unknown): Promise<string>;
}

/** The REST API of a stack, as its own first key may use it. */
export async function openClient({ apiKeyFile, apiUrl }: StackFile): Promise<BenchClient> {
  const key = (await readFile(apiKeyFile, 'utf8')).trim();
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return { call, made: async (path, body) => (await call<{ id: string }>('POST', path, body)).id };
}
