import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { StackFile } from '../platform/config/runtime.js';
import { CATALOGUE, type ErrorCode } from '../platform/errors/catalogue.js';
import { MillraceError } from '../platform/errors/error.js';

/** The REST API for commands. Paths start at `/v1`. */
export interface ApiClient {
  /** @throws MillraceError what the API's problem says, or `engine.unavailable` when it cannot be reached */
  get<T>(path: string, shape: z.ZodType<T>): Promise<T>;
  post<T>(path: string, body: unknown, shape: z.ZodType<T>): Promise<T>;
}

const PROBLEM = z.object({
  code: z.string(),
  detail: z.string().optional(),
  title: z.string().optional(),
  errors: z.array(z.object({ path: z.string().optional(), message: z.string() })).optional(),
});

export async function connectTo(stack: Pick<StackFile, 'apiUrl' | 'apiKeyFile'>): Promise<ApiClient> {
  return connectByKey(stack.apiUrl, (await readFile(stack.apiKeyFile, 'utf8')).trim());
}

export function connectByKey(apiUrl: string, key: string): ApiClient {
  const call = (method: string, path: string, body?: unknown): Promise<unknown> =>
    send(`${apiUrl.replace(/\/+$/, '')}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    get: async (path, shape) => shape.parse(await call('GET', path)),
    post: async (path, body, shape) => shape.parse(await call('POST', path, body)),
  };
}

async function send(url: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(url, request).catch((cause: unknown) => {
    throw new MillraceError('engine.unavailable', { detail: `The API at ${new URL(url).origin} cannot be reached.`, cause });
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  throw problemOf(body, response.status);
}

function problemOf(body: unknown, status: number): MillraceError {
  const problem = PROBLEM.safeParse(body).data;
  const fields = (problem?.errors ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message));
  const detail = [problem?.detail ?? problem?.title ?? `The API answered ${status}.`, ...fields].join('\n');
  return new MillraceError(isKnown(problem?.code) ? problem.code : 'engine.internal', { detail });
}

function isKnown(code: string | undefined): code is ErrorCode {
  return code !== undefined && code in CATALOGUE;
}
