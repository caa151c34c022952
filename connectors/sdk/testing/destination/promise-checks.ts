import { setTimeout as wait } from 'node:timers/promises';
import type { ErrorCode } from '../../../../platform/errors/catalogue.js';
import { isMillraceError } from '../../../../platform/errors/error.js';
import { samePosition } from '../../../../checkpoint/position.js';
import type { ConformanceCheck } from '../check.js';
import { CheckFault } from '../report.js';
import { leakedResources, openResources } from '../resources.js';
import { TestFeed } from './feed.js';
import { row } from './mode-checks.js';
import type { DestinationSession } from './session.js';

export const fenceCheck: ConformanceCheck<DestinationSession> = {
  name: 'fence',
  title: 'fence raises the epoch, and refuses a lower one with the epoch that it knows',
  needs: ['config'],
  run: checkFence,
};

export const promiseChecks: readonly ConformanceCheck<DestinationSession>[] = [
  {
    name: 'ledger',
    title: 'the ledger tells what was loaded, and where the feed stands',
    needs: ['incremental_append'],
    run: checkLedger,
  },
  {
    name: 'retry',
    title: 'a slice that is loaded again changes nothing and has the same answer',
    needs: ['incremental_append'],
    run: checkRetry,
  },
  {
    name: 'chain',
    title: 'a slice that does not follow the last one is refused',
    needs: ['incremental_append'],
    run: checkChain,
  },
  { name: 'fencing', title: 'a run that has lost its place loads nothing', needs: ['incremental_append'], run: checkFencing },
  {
    name: 'crash',
    title: 'a load that is broken off anywhere and repeated loads its rows once',
    needs: ['incremental_append'],
    run: checkCrash,
  },
  { name: 'handles', title: 'nothing that was opened stays open', needs: ['incremental_append'], run: checkHandles },
];

async function checkFence(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const first = await feed.fence(5);
  if (first.outcome !== 'raised' || first.live.length > 0)
    throw new CheckFault('A connection that was never loaded has a ledger.', 'Answer only with rows of the connection.');
  if (!first.missingTargets.includes('conformance'))
    throw new CheckFault('A target that is not there is not told.', 'Name its feed in missingTargets.');
  const refused = await feed.fence(4);
  if (refused.outcome !== 'refused' || refused.epoch !== 5)
    throw new CheckFault(
      `Epoch 4 after 5 is answered with ${JSON.stringify(refused).slice(0, 120)}.`,
      "Answer { outcome: 'refused', epoch: 5 }.",
    );
  const again = await feed.fence(6);
  if (again.outcome !== 'raised' || !(Date.parse(again.asOf) >= Date.parse(first.asOf)) || again.asOf === first.asOf)
    throw new CheckFault(
      'asOf of a later run is not later.',
      'Take the time from the destination, above that of the run before.',
    );
  return 'raised, refused, raised again';
}

async function checkLedger(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load([row(1)]);
  const { to } = await feed.load([row(2)]);
  const context = session.contextOf({ connectionId: feed.connectionId, epoch: feed.epoch, attempt: 1 });
  const standing = await session.definition.standing(context, feed.connectionId);
  const last = standing.ledger.at(-1);
  if (standing.epoch !== feed.epoch || last?.seq !== 2 || !samePosition(last.position, to))
    throw new CheckFault(
      `standing says epoch ${standing.epoch} and slice ${last?.seq ?? 'none'}, not ${feed.epoch} and 2.`,
      'Answer with the last slice of each feed.',
    );
  const slices = await session.definition.slicesOfRun(context, feed.connectionId, feed.epoch);
  if (slices.map(({ seq }) => seq).join() !== '1,2')
    throw new CheckFault(
      `slicesOfRun lists the slices ${slices.map(({ seq }) => seq).join(', ') || 'none'}, not 1, 2.`,
      'List every slice of the run in order.',
    );
  return 'standing and slicesOfRun';
}

async function checkRetry(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const request = await feed.request([row(1), row(2)]);
  const first = await feed.send(request);
  const second = await feed.send({ ...request, attempt: 2 });
  if (
    !second.alreadyLoaded ||
    second.seq !== first.seq ||
    !samePosition(second.to, first.to) ||
    second.rows.loaded !== first.rows.loaded
  )
    throw new CheckFault(
      'A slice that was loaded before is answered otherwise.',
      'Answer with what the ledger holds, and alreadyLoaded.',
    );
  await session.expectRows(feed.target, [row(1), row(2)]);
  return 'loaded once';
}

async function checkChain(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load([row(1)]);
  const next = await feed.request([row(2)]);
  await refused(feed.send({ ...next, seq: next.seq + 1 }), 'load.stale_position', 'a slice that leaves one out');
  const elsewhere = { kind: 'cursor', cursor: { type: 'int', field: 'rev', value: '999' } } as const;
  await refused(feed.send({ ...next, from: elsewhere }), 'load.stale_position', 'a slice that begins elsewhere');
  await session.expectRows(feed.target, [row(1)]);
  return 'one left out, and one that begins elsewhere';
}

async function checkFencing(session: DestinationSession): Promise<string> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load([row(1)]);
  const late = await feed.request([row(2)]);
  await feed.run();
  await refused(feed.send(late), 'load.stale_epoch', 'a load of an earlier run');
  await session.expectRows(feed.target, [row(1)]);
  return 'refused';
}

async function refused(load: Promise<unknown>, code: ErrorCode, what: string): Promise<void> {
  const error = await load.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (isMillraceError(error, code)) return;
  const seen = error === undefined ? 'accepted' : isMillraceError(error) ? error.code : String(error);
  throw new CheckFault(
    `${what.charAt(0).toUpperCase()}${what.slice(1)} is ${seen}, not refused with ${code}.`,
    `Throw ${code} before anything is written.`,
  );
}

/** From at once to when a small load is over. */
const BROKEN_OFF_AFTER_MS = [0, 1, 2, 5, 10, 20, 40, 80];
const CRASH_ROWS = 200;

async function checkCrash(session: DestinationSession): Promise<string> {
  let lost = 0;
  for (const ms of BROKEN_OFF_AFTER_MS) {
    const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
    const rows = Array.from({ length: CRASH_ROWS }, (_, index) => row(index));
    const request = await feed.request(rows);
    const stop = new AbortController();
    const first = feed.send(request, stop.signal).then(
      () => true,
      (error: unknown) => (session.heard(error), false),
    );
    await wait(ms);
    stop.abort(new Error('cancelled by the conformance suite'));
    if (!(await first)) lost += 1;
    await feed.send({ ...request, attempt: 2 });
    await session.expectRows(feed.target, rows);
  }
  return `${BROKEN_OFF_AFTER_MS.length} loads, ${lost} of them broken off`;
}

async function checkHandles(session: DestinationSession): Promise<string> {
  const before = await openResources();
  await session.definition.check(session.context());
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  await feed.load([row(1)]);
  await feed.send({ ...(await feed.request([row(2)])), epoch: 0 }).catch((error: unknown) => session.heard(error));
  const leaked = await leakedResources(before);
  if (leaked.length > 0)
    throw new CheckFault(`Still open after check, fence and loads: ${leaked.join(', ')}.`, 'Close in finally what a call opens.');
  return 'after check, fence, a load, and one that was refused';
}
