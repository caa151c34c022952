import type { Millrace } from './millrace.js';
import { servers } from './servers.js';
import { tcpProxy } from './tcp-proxy.js';

export interface FreezableWorker extends AsyncDisposable {
  freeze(): Promise<void>;
  wake(): void;
}

/**
 * A worker that can be frozen in the middle of its work. Its connection to Temporal breaks then, as a proxy or the server would end
 * it: otherwise Temporal gives it more to do for a minute, which nobody does. It finds a working network when it wakes up.
 */
export async function freezableWorker({ workerProcess }: Pick<Millrace, 'workerProcess'>): Promise<FreezableWorker> {
  const way = await tcpProxy(Number(servers().temporalAddress.split(':')[1]));
  const { pid } = await workerProcess({ TEMPORAL_ADDRESS: way.address });
  return {
    freeze: async () => {
      process.kill(pid, 'SIGSTOP');
      await way.cut(100);
    },
    wake: () => void process.kill(pid, 'SIGCONT'),
    [Symbol.asyncDispose]: () => way[Symbol.asyncDispose](),
  };
}
