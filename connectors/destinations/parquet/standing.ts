import type { LoadedSlice, Standing } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { ParquetConfig } from './config.js';
import { positions } from './fence.js';
import { entriesBackwards, readState } from './log.js';
import { openRoot } from './root.js';

type Context = ConnectorContext<ParquetConfig>;

/** Where a connection's feeds stand, for a workflow that was lost. */
export async function standing(context: Context, connectionId: string): Promise<Standing> {
  await using store = await openRoot(context);
  const state = await readState(store, connectionId);
  const ledger = await positions(store, connectionId, { state, track: 'live', names: Object.keys(state.heads) });
  return { epoch: state.epoch, ledger };
}

export async function slicesOfRun(context: Context, connectionId: string, run: number): Promise<readonly LoadedSlice[]> {
  await using store = await openRoot(context);
  const { version } = await readState(store, connectionId);
  const slices: LoadedSlice[] = [];
  for await (const entry of entriesBackwards(store, connectionId, version)) {
    if (entry.run < run) break;
    if (entry.kind !== 'slice' || entry.run !== run || entry.track !== 'live') continue;
    const { feed, lineage, seq, manifest } = entry;
    slices.push({ feed, lineage, seq, manifestSha256: manifest });
  }
  return slices.toSorted(inOrder);
}

function inOrder(a: LoadedSlice, b: LoadedSlice): number {
  if (a.feed !== b.feed) return a.feed < b.feed ? -1 : 1;
  return a.lineage - b.lineage || a.seq - b.seq;
}
