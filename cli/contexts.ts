/**
 * Named remote APIs in a file of the user's own, as `kubectl` and others have them.
 * @module
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { MillraceError } from '../platform/errors/error.js';
import { didYouMean } from './names/did-you-mean.js';

const FILE = z.strictObject({
  current: z.string().nullable(),
  contexts: z.record(z.string(), z.strictObject({ url: z.url(), apiKey: z.string() })),
});

export type Contexts = z.infer<typeof FILE>;

/** Stands for the stack on this machine. */
export const LOCAL = 'local';

const OWNER_ONLY = 0o600;

/** `${XDG_CONFIG_HOME:-~/.config}/millrace/contexts.json` */
export function contextsFile(env: NodeJS.ProcessEnv): string {
  return join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'millrace', 'contexts.json');
}

/** @throws MillraceError `setup.invalid` when the file is not what we write */
export function readContexts(env: NodeJS.ProcessEnv): Contexts {
  const file = contextsFile(env);
  if (!existsSync(file)) return { current: null, contexts: {} };
  try {
    return FILE.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    const detail = `${file} is not a file of contexts.`;
    throw new MillraceError('setup.invalid', { detail, suggestion: 'Remove it and set the contexts again.', cause });
  }
}

/** Whole or not at all, and for the owner's eyes only: it holds keys. */
export function writeContexts(env: NodeJS.ProcessEnv, contexts: Contexts): void {
  const file = contextsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(contexts, null, 2)}\n`, { mode: OWNER_ONLY });
  renameSync(draft, file);
}

/** Where an API is, and from where this is known. */
export interface Target {
  readonly url: string;
  readonly apiKey: string;
  readonly from: string;
}

/** The named context, or the one in use; undefined when none is. */
export function currentContext(env: NodeJS.ProcessEnv, name?: string): Target | undefined {
  const { current, contexts } = readContexts(env);
  const wanted = name ?? current;
  if (wanted === null || wanted === undefined) return undefined;
  const found = contexts[wanted];
  if (found) return { ...found, from: `context ${wanted}` };
  throw unknownContext(wanted, Object.keys(contexts));
}

export function unknownContext(name: string, known: readonly string[]): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: `There is no context ${name}.`,
    suggestion: didYouMean(name, known) ?? 'See millrace context list, or make it with millrace context set.',
  });
}
