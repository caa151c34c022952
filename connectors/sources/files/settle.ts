import { setTimeout as sleep } from 'node:timers/promises';
import { type SourceFile, isSameFile } from './listing.js';

/** Nobody has written to a file for this long before it is read. */
export const QUIET_MS = 1_000;

export interface Settled {
  /** Unchanged for a second. */
  readonly quiet: readonly SourceFile[];
  /** Still changing when the time was over. */
  readonly changing: readonly SourceFile[];
}

/**
 * Waits until files are no longer written to, at most `settleMs`. Most are old enough at once. A clock that differs from
 * the file system's does no harm: a file whose change lies in the future is watched for a second instead.
 */
export async function waitUntilQuiet(
  list: () => Promise<readonly SourceFile[]>,
  settleMs: number,
  signal: AbortSignal,
): Promise<Settled> {
  const deadline = Date.now() + settleMs;
  const seen = new Map<string, { file: SourceFile; since: number }>();
  for (;;) {
    const now = Date.now();
    const files = await list();
    const waits = files.map((file) => ({ file, ms: quietIn(file, watch(seen, file, now), now) }));
    const changing = waits.filter(({ ms }) => ms > 0);
    const longest = Math.max(0, ...changing.map(({ ms }) => ms));
    if (changing.length === 0 || now + longest > deadline) {
      return { quiet: waits.filter(({ ms }) => ms <= 0).map(({ file }) => file), changing: changing.map(({ file }) => file) };
    }
    await sleep(longest, undefined, { signal });
  }
}

/** Since when the file is as it is now, as we saw it. */
function watch(seen: Map<string, { file: SourceFile; since: number }>, file: SourceFile, now: number): number {
  const before = seen.get(file.path);
  if (before && isSameFile(before.file, file)) return before.since;
  seen.set(file.path, { file, since: now });
  return now;
}

/** Milliseconds until the file has been quiet for long enough; not positive when it has. */
function quietIn(file: SourceFile, watchedSince: number, now: number): number {
  const changed = Number(file.changedNs / 1_000_000n);
  const byItsOwnTime = changed <= now ? QUIET_MS - (now - changed) : QUIET_MS;
  return Math.min(byItsOwnTime, QUIET_MS - (now - watchedSince));
}
