import type { Client, Run } from '../../client/index.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { errorText } from '../../platform/errors/error.js';
import { asMillraceError } from '../api.js';
import type { Output } from '../output/output.js';
import { say } from '../output/report.js';
import { listenForInterrupts } from './interrupts.js';
import { reportRun } from './summary.js';
import { progressFor, watchRun } from './watch.js';

export interface FollowOptions {
  readonly strict?: boolean;
  /** Ctrl-C cancels the run, for those who started it; others only stop looking. */
  readonly cancels: boolean;
  /** Names of the streams that are going to move, where they are known. */
  readonly planned?: readonly string[];
}

/** Shows a run until it ends, prints what became of it, and gives the exit code. */
export async function followRun(
  api: Client,
  out: Output,
  run: Run,
  { strict = false, cancels, planned = [] }: FollowOptions,
): Promise<ExitCode> {
  using interrupts = listenForInterrupts(cancels ? () => void cancel(api, run) : undefined);
  const last = await watchRun(api, run, interrupts.left, progressFor(process.stderr, { planned }));
  if (interrupts.left.aborted) return leave(last, interrupts.code() ?? EXIT.interrupted);
  const code = reportRun(out, last, { strict });
  return last.status === 'cancelled' ? (interrupts.code() ?? code) : code;
}

async function cancel(api: Client, { id, number }: Run): Promise<void> {
  say(`Cancelling run ${number}: it ends at its next checkpoint; what was loaded stays. Ctrl-C again leaves it to that.`);
  try {
    await api.cancelRun({ id });
  } catch (error) {
    say(`It could not be cancelled: ${errorText(asMillraceError(error))}`);
  }
}

function leave({ id, number, status }: Run, code: ExitCode): ExitCode {
  say(
    `Left run ${number} (${status}) to itself.\n  Look again: millrace runs watch ${id}\n  Cancel it:  millrace runs cancel ${id}`,
  );
  return code;
}
