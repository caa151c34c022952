import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '../errors/error.js';
import { confine } from '../process/invocation.js';
import type { PostgresBinaries } from './binaries.js';
import type { ServerIdentity } from './identity.js';

export const SUPERUSER = 'millrace';

export interface DataFolder {
  readonly path: string;
  readonly password: string;
}

const run = promisify(execFile);
const UNFINISHED = 'postgres.unfinished-';

/**
 * The data folder in `home`, made when missing. It gets its name only when it is complete: an `initdb` that was killed
 * leaves an unfinished folder that the next start removes.
 */
export async function ensureDataFolder(home: string, binaries: PostgresBinaries, identity: ServerIdentity): Promise<DataFolder> {
  const path = join(home, 'postgres');
  await removeUnfinished(home);
  const isNew = !existsSync(path);
  const password = await ensurePassword(join(home, 'postgres-password'), isNew);
  if (isNew) await initialise({ home, path, password, binaries, identity });
  return { path, password };
}

async function removeUnfinished(home: string): Promise<void> {
  const names = (await readdir(home)).filter((name) => name.startsWith(UNFINISHED));
  await Promise.all(names.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

async function ensurePassword(file: string, mayCreate: boolean): Promise<string> {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (!mayCreate) throw passwordLost(file);
  const password = randomBytes(24).toString('hex');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return password;
}

interface Initialisation {
  readonly home: string;
  readonly path: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly identity: ServerIdentity;
}

async function initialise({ home, path, password, binaries, identity }: Initialisation): Promise<void> {
  const work = await mkdtemp(join(home, UNFINISHED));
  const [data, passwordFile] = [join(work, 'data'), join(work, 'password')];
  await writeFile(passwordFile, password, { mode: 0o600 });
  await mkdir(data, { mode: 0o700 });
  await giveAway([work, passwordFile, data], identity);
  await runInitdb(binaries, identity, [`--pgdata=${data}`, `--pwfile=${passwordFile}`]);
  await rename(data, path);
  await rm(work, { recursive: true, force: true });
}

async function giveAway(paths: readonly string[], { user }: ServerIdentity): Promise<void> {
  if (user) await Promise.all(paths.map((path) => chown(path, user.uid, user.gid)));
}

/** One locale on every machine, and one that sorts like the bytes: results must not depend on where they were made. */
async function runInitdb({ initdb }: PostgresBinaries, identity: ServerIdentity, paths: readonly string[]): Promise<void> {
  const options = [`--username=${SUPERUSER}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const { command, args, user } = confine(initdb, [...paths, ...options, ...locale], { ...identity, signalWhenWeDie: 'TERM' });
  await run(command, [...args], { cwd: '/', ...user }).catch((cause: Error & { stderr?: string }) => {
    const detail = `initdb could not make the data folder: ${(cause.stderr ?? cause.message).trim()}`;
    throw new MillraceError('setup.unavailable', { detail, cause });
  });
}

function passwordLost(file: string): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `${file} is missing, but the database it opens is there.`,
    suggestion: 'Put the file back, or remove the whole folder to begin anew.',
  });
}
