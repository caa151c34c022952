import type { ObjectStore } from '../../../platform/objects/store.js';
import type { Target } from '../../../schema/types.js';
import { tablePrefix } from './layout.js';
import type { Table } from './state.js';

/** Whether a table's folder holds anything that readers see, or what was loaded into it only waits to be placed. */
export async function tableHolds(store: ObjectStore, target: Target, table?: Table): Promise<boolean> {
  const prefix = tablePrefix(target);
  for await (const { key } of store.list(prefix))
    if (key.endsWith('.parquet') || key.startsWith(`${prefix}_manifests/`)) return true;
  const [first] = table?.files ?? [];
  if (first === undefined) return false;
  const waiting = new Set(table?.files.map(({ incoming }) => incoming));
  for await (const { key } of store.list(first.incoming.slice(0, first.incoming.lastIndexOf('/') + 1)))
    if (waiting.has(key)) return true;
  return false;
}
