import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** DuckDB works on libuv's threads; with the default of four a few queries would block every file read. */
const THREADS = { UV_THREADPOOL_SIZE: '16' };
/** Node 22 and newer keep compiled code there, which makes starts faster; older ones do not know it. */
const compileCache = () => ({ NODE_COMPILE_CACHE: resolve('.cache/compiled') });
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const LOOK_EVERY_MS = 250;

/**
 * Runs Node until it ends and gives its exit code. Signals are passed on, those that end npm, too. The channel between the
 * two tells the child when this process is gone, even by SIGKILL.
 */
export function runNode(args) {
  return new Promise((finish) => {
    const child = spawn(process.execPath, args, {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: { ...THREADS, ...compileCache(), ...process.env },
    });
    const forward = (signal) => child.kill(signal);
    for (const signal of FORWARDED) process.on(signal, forward);
    const watch = whenNpmEnds(() => forward('SIGTERM'));
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      for (const forwarded of FORWARDED) process.off(forwarded, forward);
      finish(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1));
    });
  });
}

/** npm passes a signal to its shell, which may end of it and tell nobody: then we have another parent. */
function whenNpmEnds(act) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    act();
  }, LOOK_EVERY_MS);
  return watch;
}
