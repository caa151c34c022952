import { watchMemory } from '../support/memory.js';
import type { BenchStack } from '../support/stack.js';
import type { CopyJob, Peer } from './peer.js';
import { cpuSecondsOfTree } from './process-tree.js';
import type { Cost } from './run-measured.js';

const FULL = { mode: 'full_refresh_overwrite' };

/** Millrace itself behind the same interface: from the REST call to `succeeded`, on a stack that runs. */
export function millracePeer(stack: BenchStack): Peer {
  const connections = new Map<string, string>();
  return {
    name: 'Millrace',
    version: 'Millrace',
    install: async () => undefined,
    fullRefresh: async (job) => measured(stack, await connect(stack, job, FULL)),
    incremental: async (job) => {
      const id =
        connections.get(job.destination) ?? (await connect(stack, job, { mode: 'incremental_deduped', cursorField: job.cursor }));
      connections.set(job.destination, id);
      return measured(stack, id);
    },
  };
}

/** All rows through SQL, which the others do without; types are those that DuckDB gives. */
export const millraceWithSql = (stack: BenchStack): Peer => ({
  name: 'Millrace with select * from input',
  version: 'Millrace',
  install: async () => undefined,
  fullRefresh: async (job) => measured(stack, await connect(stack, job, { ...FULL, sql: 'select * from input' })),
});

const connect = (stack: BenchStack, { source, destination, table }: CopyJob, mode: object): Promise<string> =>
  stack.connect([{ name: `public.${table}`, target: { table }, ...mode }], { source, destination });

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
