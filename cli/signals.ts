import { say } from './output/report.js';
import { EXIT, type ExitCode } from './exit-codes.js';

export interface StopRequest {
  /** Resolves at the first signal, with the exit code for being cut short. */
  readonly requested: Promise<ExitCode>;
}

const CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;
/** Ctrl-C reaches the whole process group, and npm passes it on once more: one key must not count as two. */
const SAME_REQUEST_MS = 1_000;

/**
 * Takes over the signals of the process, and the end of the launcher that started it. The first request asks for a stop in
 * order; a second one, more than a second later, ends the process at once.
 */
export function listenForStop(): StopRequest {
  let firstAt: number | undefined;
  const requested = new Promise<ExitCode>((resolve) => {
    const request = (code: ExitCode): void => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        resolve(code);
      } else if (now - firstAt > SAME_REQUEST_MS) {
        say('Stopping at once.');
        process.exit(code);
      }
    };
    for (const [signal, code] of Object.entries(CODES)) process.on(signal, () => request(code));
    if (process.connected) process.once('disconnect', () => request(EXIT.terminated));
  });
  return { requested };
}
