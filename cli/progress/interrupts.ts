import { EXIT, type ExitCode } from '../exit-codes.js';

export interface Interrupts extends Disposable {
  /** Fires when the command is to leave. */
  readonly left: AbortSignal;
  /** Whether a first interrupt came, and the exit code of leaving. */
  code(): ExitCode | undefined;
}

/** Ctrl-C reaches the whole process group, and npm passes it on once more: one key must not count as two. */
const SAME_KEY_MS = 500;

/** The first Ctrl-C calls `first`, a second one leaves; SIGTERM leaves at once. Without `first`, so does Ctrl-C. */
export function listenForInterrupts(first?: () => void): Interrupts {
  const leaving = new AbortController();
  let firstAt: number | undefined;
  let code: ExitCode | undefined;
  const interrupt = (): void => {
    code = EXIT.interrupted;
    const now = performance.now();
    if (first && firstAt === undefined) {
      firstAt = now;
      first();
    } else if (firstAt === undefined || now - firstAt > SAME_KEY_MS) leaving.abort();
  };
  const terminate = (): void => {
    code = EXIT.terminated;
    leaving.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  const stop = (): void => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', terminate);
  };
  return { left: leaving.signal, code: () => code, [Symbol.dispose]: stop };
}
