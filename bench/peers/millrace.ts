import { watchMemory } from '../support/memory.js';
import type { BenchStack } from '../support/stack.js';
import type { CopyJob, Peer } from './peer.js';
import { cpuSecondsOfTree } from './process-tree.js';
import type { Cost } from './run-measured.js';

/** Millrace itself behind the same interface: from the REST call to `succeeded`, on a stack that runs. */
export function millracePeer(stack: BenchStack): Peer {
  const connections = new Map<string, string>();
  const connect = async ({ source, destination, table }: CopyJob, mode: object): Promise<string> =>
    stack.connect([{ name: `public.${table}`, target: { table }, ...mode }], { source, destination });
  return {
    name: 'Millrace',
    version: 'Millrace',
    install: async () => undefined,
    fullRefresh: async (job) => measured(stack, await connect(job, { mode: 'full_refresh_overwrite' })),
    incremental: async (job) => {
      const id =
        connections.get(job.destination) ?? (await connect(job, { mode: 'incremental_deduped', cursorField: job.cursor }));
      connections.set(job.destination, id);
      return measured(stack, id);
    },
  };
}

async function measured(stack: BenchStack, connection: string): Promise<Cost> {
  const before = cpuSecondsOfTree(stack.pid);
  const memory = watchMemory(stack.pid);
  try {
    const { ms } = await stack.sync(connection);
    return { ms, cpuSeconds: cpuSecondsOfTree(stack.pid) - before, peakBytes: memory.peak() };
  } finally {
    memory.stop();
  }
}
