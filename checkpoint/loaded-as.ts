import type { LoadedAs } from '../connectors/sdk/destination.js';
import type { WriteMode } from '../schema/connection-config.js';
import { fitIdentifier } from '../schema/naming.js';
import { isKeyed } from '../schema/write-mode.js';

/** How rows are loaded, in the destination's names. */
export function loadedAs({ mode, primaryKey }: { readonly mode: WriteMode; readonly primaryKey: readonly string[] }): LoadedAs {
  return { mode, key: isKeyed(mode) ? primaryKey.map((name) => fitIdentifier(name)) : [] };
}

/** Why rows that were loaded so cannot be gone on with: they are replaced. Undefined when they can. */
export function changeOfLoading(before: LoadedAs, now: LoadedAs): string | undefined {
  if (before.mode !== now.mode) return `its mode was ${before.mode}`;
  return before.key.join() === now.key.join() ? undefined : `its key was (${before.key.join(', ')})`;
}

/** What becomes of a position when another field becomes the cursor. Where beginning anew would load rows twice, nobody does. */
export function afterNewCursor(mode: WriteMode): 'begins_anew' | 'stops' {
  return isKeyed(mode) ? 'begins_anew' : 'stops';
}
