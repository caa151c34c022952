import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';

export type Resources = ReadonlyMap<string, number>;

/** How long what is being closed may take: an idle HTTP connection is kept for about four seconds. */
const SETTLE_MS = 6_000;
const LOOK_EVERY_MS = 50;
/** Work under way, not things that are open. */
const PASSING = /^(FSReqPromise|FSReqCallback|Immediate|TickObject|CloseReq|PROMISE)$/;

/** What keeps the process alive now, by kind. */
export async function openResources(): Promise<Resources> {
  await nextTurn(); // a timer that has just fired counts until then
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) if (!PASSING.test(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What is open beyond what was before, once that does not become less any more. */
export async function leakedResources(before: Resources): Promise<readonly string[]> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const more = [...(await openResources())].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    if (more.length === 0 || waited >= SETTLE_MS)
      return more.map(([kind, count]) => `${count - (before.get(kind) ?? 0)} × ${kind}`);
    await wait(LOOK_EVERY_MS);
  }
}
