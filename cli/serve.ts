import { EXIT, type ExitCode } from './exit-codes.js';
import { say } from './output/report.js';
import { listenForStop } from './signals.js';

/** Something that runs until it is told to stop or ends by itself. */
export interface Service {
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export interface ServePlan<S extends Service> {
  start(): Promise<S>;
  ready(service: S): void;
}

/**
 * Starts a service and stays until a signal comes or it fails.
 * @returns 0 after a stop in order; the signal's code when it came before the service was up
 * @throws whatever made the start or the service fail
 */
export async function serveUntilStopped<S extends Service>(plan: ServePlan<S>): Promise<ExitCode> {
  const { requested } = listenForStop();
  const started = await Promise.race([plan.start(), requested]);
  if (typeof started === 'number') return exitNow(started);
  plan.ready(started);
  try {
    await Promise.race([requested, started.failed]);
    say('Stopping: running steps end first. A second signal stops at once.');
  } finally {
    await started.stop();
  }
  return EXIT.ok;
}

/** What is half started cannot be stopped in order; the servers are told to end as the process exits. */
function exitNow(code: ExitCode): never {
  process.exit(code);
}
