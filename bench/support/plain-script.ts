import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Copied, CopyOrder } from '../by-hand/plain-script.js';

const SCRIPT = fileURLToPath(new URL('../by-hand/plain-script.js', import.meta.url));

export interface PlainScript extends AsyncDisposable {
  copy(order: CopyOrder): Promise<Copied>;
}

/** A process that is as warm after its first run as a stack is. */
export async function startPlainScript(): Promise<PlainScript> {
  const child = fork(SCRIPT, { env: { ...process.env, UV_THREADPOOL_SIZE: '16' } });
  const exited = once(child, 'exit');
  /** @throws Error when it ends instead of answering */
  const answer = async (): Promise<unknown> => {
    const ended = exited.then(([code]) => Promise.reject(new Error(`the plain script ended with ${code}`)));
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
    return message;
  };
  await answer();
  return {
    copy: async (order) => {
      child.send(order);
      return (await answer()) as Copied;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
