import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StackFile } from '../../platform/config/runtime.js';
import { MillraceError } from '../../platform/errors/error.js';

/** The folder that holds an embedded stack, and where things are in it. */
export interface Home {
  readonly path: string;
  readonly lockFile: string;
  readonly stackFile: string;
  readonly apiKeyFile: string;
  readonly secretKeyFile: string;
  readonly stageUrl: string;
}

const KEY_BYTES = 32;

/** Makes the folder when missing. Only its owner may look inside, but the user that Postgres runs as may pass through. */
export function openHome(path: string): Home {
  const isRoot = process.getuid?.() === 0;
  makeFolder(path, isRoot ? 0o711 : 0o700);
  makeFolder(join(path, 'stage'), 0o700);
  makeFolder(join(path, 'logs'), 0o700);
  return {
    path,
    lockFile: join(path, 'lock'),
    stackFile: join(path, 'stack.json'),
    apiKeyFile: join(path, 'api-key'),
    secretKeyFile: join(path, 'secret.key'),
    stageUrl: pathToFileURL(join(path, 'stage')).href,
  };
}

function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (cause) {
    const detail = `The folder ${path} cannot be made: ${(cause as Error).message}`;
    throw new MillraceError('setup.unavailable', {
      detail,
      suggestion: 'Set MILLRACE_HOME to a folder you may write to.',
      cause,
    });
  }
}

/**
 * The keys of the file, one a line: the first seals secrets in the metadata, the others still open. Made at the first start.
 * Losing it means entering the secrets again.
 */
export function ensureSecretKeys(home: Home): readonly [Buffer, ...Buffer[]] {
  if (!existsSync(home.secretKeyFile)) writePrivately(home.secretKeyFile, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
  const lines = readFileSync(home.secretKeyFile, 'utf8').trim().split(/\s+/);
  const [current, ...others] = lines.map((line) => Buffer.from(line, 'base64'));
  if (current && [current, ...others].every(({ length }) => length === KEY_BYTES)) return [current, ...others];
  throw new MillraceError('setup.invalid', {
    detail: `${home.secretKeyFile} does not hold ${KEY_BYTES} bytes in base64 in each line.`,
    suggestion: 'Put the right file back, or set MILLRACE_SECRET_KEY.',
  });
}

/** Tells tools that the stack is ready, and where. */
export function writeStackFile(home: Home, content: StackFile): void {
  writePrivately(home.stackFile, `${JSON.stringify(content, null, 2)}\n`);
}

export function removeStackFile(home: Home): void {
  rmSync(home.stackFile, { force: true });
}

/** For the owner's eyes only, and whole or not at all. */
function writePrivately(path: string, content: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}
