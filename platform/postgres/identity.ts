import { spawnSync } from 'node:child_process';
import { MillraceError } from '../errors/error.js';
import { type Confinement, type Invocation, type SystemUser, confine, hasSetpriv } from '../process/invocation.js';
import type { PostgresBinaries } from './binaries.js';

/** Postgres refuses to run as root, so root gives it to one of these. */
const USERS = ['postgres', '_postgres', 'nobody'];

/** The user that Postgres runs as: ourselves unless we are root. */
export type ServerIdentity = Pick<Confinement, 'user' | 'mayPassClosedFolders'>;

/**
 * Who Postgres runs as, tried out on the real binary and folder.
 * @throws MillraceError `setup.unavailable` when root has nobody to give it to, or that user cannot reach the files
 */
export function chooseIdentity(binaries: PostgresBinaries, home: string): ServerIdentity {
  if (process.getuid?.() !== 0) return {};
  const user = findServerUser();
  const candidates: readonly ServerIdentity[] = [{ user }, ...(hasSetpriv() ? [{ user, mayPassClosedFolders: true }] : [])];
  const able = candidates.find((identity) => reaches(identity, binaries, home));
  if (!able) throw closedFolders(home);
  return able;
}

function findServerUser(): SystemUser {
  for (const name of USERS) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new MillraceError('setup.unavailable', {
    detail: `Postgres does not run as root, and none of the users ${USERS.join(', ')} exists.`,
    suggestion: 'Create a user named postgres, run Millrace as an ordinary user, or set DATABASE_URL.',
  });
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const asked = spawnSync('id', [flag, name], { encoding: 'utf8' });
  const id = Number.parseInt(asked.stdout ?? '', 10);
  return asked.status === 0 && id > 0 ? id : undefined;
}

function reaches(identity: ServerIdentity, { postgres }: PostgresBinaries, home: string): boolean {
  // `-d` and the dot: `-x` asks access(2), which knows nothing of capabilities
  return succeeds(confine(postgres, ['--version'], identity)) && succeeds(confine('test', ['-d', `${home}/.`], identity));
}

function succeeds({ command, args, user }: Invocation): boolean {
  return spawnSync(command, args, { stdio: 'ignore', cwd: '/', ...user }).status === 0;
}

function closedFolders(home: string): MillraceError {
  return new MillraceError('setup.unavailable', {
    detail: `Postgres does not run as root, and the user it would run as cannot enter ${home} or the installed packages.`,
    suggestion: 'Move both out of folders closed to others (such as /root), run as an ordinary user, or set DATABASE_URL.',
  });
}
