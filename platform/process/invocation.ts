import { spawnSync } from 'node:child_process';

/** A program with its arguments and, where it is not ours, the user it runs as. */
export interface Invocation {
  readonly command: string;
  readonly args: readonly string[];
  readonly user?: SystemUser;
}

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface Confinement {
  readonly user?: SystemUser;
  /** Lets `user` pass folders that are closed to it. Linux with setpriv only. */
  readonly mayPassClosedFolders?: boolean;
  /** What the process gets when this one dies, even by SIGKILL. Linux with setpriv only, silently none elsewhere. */
  readonly signalWhenWeDie?: 'INT' | 'TERM';
}

const CAPABILITIES = '+dac_override,+dac_read_search';
/** The securebit makes access(2), which Postgres asks about its own programs, count the capabilities too. */
const CAPABLE = ['--securebits=+no_setuid_fixup', `--inh-caps=${CAPABILITIES}`, `--ambient-caps=${CAPABILITIES}`];
let setpriv: boolean | undefined;

/** Whether util-linux' `setpriv` is there and knows what is needed of it. */
export function hasSetpriv(): boolean {
  setpriv ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'keep', 'true']).status === 0;
  return setpriv;
}

/** The command line that runs `command` confined; the process keeps its pid through it. */
export function confine(command: string, args: readonly string[], confinement: Confinement): Invocation {
  if (!hasSetpriv()) return { command, args, ...(confinement.user && { user: confinement.user }) };
  const options = [...userOptions(confinement), ...deathOptions(confinement)];
  return options.length === 0 ? { command, args } : { command: 'setpriv', args: [...options, '--', command, ...args] };
}

function userOptions({ user, mayPassClosedFolders }: Confinement): readonly string[] {
  if (!user) return [];
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  return mayPassClosedFolders ? [...identity, ...CAPABLE] : identity;
}

function deathOptions({ signalWhenWeDie }: Confinement): readonly string[] {
  return signalWhenWeDie ? ['--pdeathsig', signalWhenWeDie] : [];
}
