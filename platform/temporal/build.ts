import { spawn } from 'node:child_process';
import { installBinary } from './cache.js';
import { GO_PACKAGE } from './release.js';

export interface GoBuild {
  readonly go: string;
  readonly target: string;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

const REPORT_EVERY_MS = 30_000;

/** Builds the pinned version; needs Go and a module proxy. */
export async function buildWithGo({ go, target, env, say }: GoBuild): Promise<string> {
  say('Building the Temporal server with Go (3 to 5 minutes, once) …');
  const start = performance.now();
  const report = setInterval(
    () => say(`… still building (${Math.round((performance.now() - start) / 1000)} s)`),
    REPORT_EVERY_MS,
  );
  try {
    return await installBinary(target, (folder) =>
      goInstall(go, { ...env, GOBIN: folder, GOFLAGS: '-mod=mod', CGO_ENABLED: '0' }),
    );
  } finally {
    clearInterval(report);
  }
}

function goInstall(go: string, env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const build = spawn(go, ['install', '-trimpath', '-ldflags', '-s -w', GO_PACKAGE], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    build.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2_000)));
    build.once('error', reject);
    build.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(errors.trim().split('\n').at(-1) ?? `exit code ${code}`)),
    );
  });
}
