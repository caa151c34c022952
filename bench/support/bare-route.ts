import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../by-hand/bare-route.js', import.meta.url));

export interface BareRoute extends AsyncDisposable {
  readonly url: string;
}

/** A process that answers every request with `body`. */
export async function startBareRoute(body: string): Promise<BareRoute> {
  const child = fork(SCRIPT);
  const exited = once(child, 'exit');
  const listening = once(child, 'message') as Promise<[string]>;
  child.send(body);
  const [url] = await Promise.race([listening, exited.then(([code]) => Promise.reject(new Error(`ended with ${code}`)))]);
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      child.disconnect();
      await exited;
    },
  };
}
