import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The Temporal CLI whose development server Millrace is tested with. */
export const CLI_VERSION = '1.5.1';
export const GO_PACKAGE = `github.com/temporalio/cli/cmd/temporal@v${CLI_VERSION}`;

/** Older servers lack update-with-start. */
const OLDEST_SERVER = [1, 28] as const;

export interface ReleaseArchive {
  /** The same file in two places, tried in this order. */
  readonly urls: readonly string[];
  readonly sha256: string;
}

/** From the `checksums.txt` of the release. */
const SHA256: Readonly<Record<string, string>> = {
  linux_amd64: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  linux_arm64: 'bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
  darwin_amd64: 'bbb73e2a31135abe50a1f1cdb35030c42961df618e8ce9c60ae89f201540c5d9',
  darwin_arm64: 'cca01b7ea35ad56e2a328d9ae596bf716bd22313ef63c7a761c88354457c2415',
};

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The official archive for this system, or undefined where there is none. */
export function releaseArchive(platform: string, arch: string): ReleaseArchive | undefined {
  const goArch = ARCHITECTURES[arch];
  const sha256 = SHA256[`${platform}_${goArch}`];
  if (goArch === undefined || sha256 === undefined) return undefined;
  return {
    urls: [
      `https://temporal.download/cli/archive/v${CLI_VERSION}?platform=${platform}&arch=${goArch}`,
      `https://github.com/temporalio/cli/releases/download/v${CLI_VERSION}/temporal_cli_${CLI_VERSION}_${platform}_${goArch}.tar.gz`,
    ],
    sha256,
  };
}

/** Why the binary cannot be used, or undefined when it can: it must run and bring a server that is new enough. */
export async function unfitReason(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 15_000 });
    return serverVersionProblem(stdout);
  } catch (error) {
    return `it does not answer --version (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`;
  }
}

/** `temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)` */
export function serverVersionProblem(answer: string): string | undefined {
  const match = /\bServer (\d+)\.(\d+)/.exec(answer);
  if (!match) return `its --version names no server: ${answer.trim().slice(0, 80)}`;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const isNewEnough = major > OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor >= OLDEST_SERVER[1]);
  return isNewEnough ? undefined : `its server ${major}.${minor} is older than ${OLDEST_SERVER.join('.')}`;
}
