import { millraceVersion } from '../platform/config/version.js';
import type { MetadataStore } from '../platform/db/store.js';

const TELL_EVERY_MS = 10_000;

export interface Presence {
  /** The worker is gone on purpose. */
  end(): Promise<void>;
}

interface Worker {
  readonly identity: string;
  readonly taskQueue: string;
}

/** Tells the metadata again and again that this process is alive and what it uses; where that fails, it is tried again. */
export function tellPresence(store: Pick<MetadataStore, 'recordWorker' | 'removeWorker'>, worker: Worker): Presence {
  const facts = { ...worker, version: millraceVersion(), startedAt: new Date(Date.now() - process.uptime() * 1_000) };
  const tell = (): Promise<void> => store.recordWorker({ ...facts, ...usage() }).catch(() => undefined);
  let telling = tell();
  const timer = setInterval(() => (telling = tell()), TELL_EVERY_MS);
  return {
    end: async () => {
      clearInterval(timer);
      await telling;
      await store.removeWorker(worker.identity).catch(() => undefined);
    },
  };
}

function usage(): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, memoryBytes: process.memoryUsage.rss() };
}
