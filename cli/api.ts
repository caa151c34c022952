import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ApiError, type Client, createClient } from '../client/index.js';
import type { StackFile } from '../platform/config/runtime.js';
import { loadSettings } from '../platform/config/settings.js';
import { CATALOGUE, type ErrorCode } from '../platform/errors/catalogue.js';
import { MillraceError } from '../platform/errors/error.js';
import { LOCAL, type Target, currentContext } from './contexts.js';

const STACK = z.object({ apiUrl: z.string(), apiKeyFile: z.string() });

export async function connectTo(stack: Pick<StackFile, 'apiUrl' | 'apiKeyFile'>): Promise<Client> {
  return createClient({ url: stack.apiUrl, apiKey: (await readFile(stack.apiKeyFile, 'utf8')).trim() });
}

/**
 * The API that commands talk to: `--context`, or the one that MILLRACE_URL names, or the context in use, or the stack that
 * runs over the home.
 * @throws MillraceError `setup.unavailable` when there is none, `setup.invalid` when half of it is set
 */
export function findTarget(env: NodeJS.ProcessEnv, contextName: string | undefined): Target {
  if (contextName === LOCAL) return fromStack(env);
  const target = (contextName === undefined ? fromEnvironment(env) : undefined) ?? currentContext(env, contextName);
  return target ?? fromStack(env);
}

function fromEnvironment({ MILLRACE_URL: url, MILLRACE_API_KEY: apiKey }: NodeJS.ProcessEnv): Target | undefined {
  if (!url) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new MillraceError('setup.invalid', { detail: 'MILLRACE_URL is not an http or https URL.', path: 'MILLRACE_URL' });
  }
  if (apiKey) return { url, apiKey, from: 'MILLRACE_URL' };
  throw new MillraceError('setup.invalid', {
    detail: 'MILLRACE_URL is set, but MILLRACE_API_KEY is not.',
    path: 'MILLRACE_API_KEY',
    suggestion: 'Set MILLRACE_API_KEY, or unset MILLRACE_URL to use the stack on this machine.',
  });
}

function fromStack(env: NodeJS.ProcessEnv): Target {
  const file = join(loadSettings(env).home, 'stack.json');
  if (!existsSync(file)) throw nothingRuns();
  const { apiUrl, apiKeyFile } = STACK.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { url: apiUrl, apiKey: readFileSync(apiKeyFile, 'utf8').trim(), from: file };
}

function nothingRuns(): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: 'No stack runs over this home.',
    suggestion: 'Run millrace start, or set MILLRACE_URL and MILLRACE_API_KEY.',
  });
}

/** Every failure of the API as one of ours, so that one place prints errors and chooses exit codes. */
export function asMillraceError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  if (error.status === 0) return unreachable(error);
  const code = isKnown(error.code) ? error.code : 'engine.internal';
  return new MillraceError(code, {
    detail: error.message,
    suggestion: error.suggestion,
    fields: error.errors,
    facts: { status: error.status, ...(error.requestId !== undefined && { requestId: error.requestId }) },
    cause: error,
  });
}

function unreachable(error: ApiError): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: error.message,
    suggestion: 'Check that it runs (millrace doctor). For a stack on this machine: millrace start.',
    cause: error,
  });
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}
