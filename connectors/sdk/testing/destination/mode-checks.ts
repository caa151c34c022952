import type { WriteMode } from '../../../../schema/connection-config.js';
import type { ConformanceCheck } from '../check.js';
import type { ExpectedRow } from '../harness.js';
import { CheckFault } from '../report.js';
import { TestFeed } from './feed.js';
import type { DestinationSession } from './session.js';

type Row = { readonly id: number; readonly name: string | null; readonly rev: number };

export const row = (id: number, name: string | null = `row ${id}`, rev = id): Row => ({ id, name, rev });

const check = (
  mode: WriteMode,
  title: string,
  run: (session: DestinationSession) => Promise<void>,
): ConformanceCheck<DestinationSession> => ({
  name: mode,
  title,
  needs: ['fence'],
  run: async (session) => {
    session.requireMode(mode);
    await run(session);
    return 'as it should be';
  },
});

export const modeChecks: readonly ConformanceCheck<DestinationSession>[] = [
  check('incremental_append', 'incremental_append adds the rows of each slice', append),
  check('incremental_deduped', 'incremental_deduped keeps the newest row of each key', deduped),
  check(
    'full_refresh_overwrite',
    'full_refresh_overwrite shows a read when it is complete, and replaces the one before',
    overwrite,
  ),
  check('full_refresh_append', 'full_refresh_append adds each read as a whole', fullAppend),
  check('mirror', 'mirror inserts, updates, and deletes what is gone', mirror),
  check('scd2', 'scd2 keeps earlier versions and marks the current ones', history),
];

async function append(session: DestinationSession): Promise<void> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const first = await feed.load([row(1), row(2)]);
  if (first.rows.loaded !== 2 || first.alreadyLoaded)
    throw new CheckFault(`Of two rows ${first.rows.loaded} are said to be loaded.`, 'Count what was written.');
  await feed.run();
  await feed.load([row(2), row(3)]);
  await session.expectRows(feed.target, [row(1), row(2), row(2), row(3)]);
}

async function deduped(session: DestinationSession): Promise<void> {
  const feed = await TestFeed.begin(session, { mode: 'incremental_deduped' });
  await feed.load([row(1, 'new', 5), row(1, 'old', 4), row(2)]);
  await feed.load([row(1, 'older still', 3), row(2, 'changed', 9), row(3)]);
  await session.expectRows(feed.target, [row(1, 'new', 5), row(2, 'changed', 9), row(3)]);
}

async function overwrite(session: DestinationSession): Promise<void> {
  const feed = await TestFeed.begin(session, { mode: 'full_refresh_overwrite', whole: true });
  await feed.load([row(1)], { more: true });
  await feed.load([row(2)]);
  await session.expectRows(feed.target, [row(1), row(2)]);
  await feed.run();
  await feed.load([row(3)], { more: true });
  await session.expectRows(feed.target, [row(1), row(2)]); // I5
  await feed.load([row(4)]);
  await session.expectRows(feed.target, [row(3), row(4)]);
}

/** A first whole read, and another one of its own. */
async function twoReads(
  session: DestinationSession,
  mode: WriteMode,
  reads: readonly (readonly ExpectedRow[])[],
): Promise<TestFeed> {
  const feed = await TestFeed.begin(session, { mode, whole: true });
  for (const [index, rows] of reads.entries()) {
    if (index > 0) await feed.run();
    await feed.load(rows.slice(0, 1), { more: true });
    await feed.load(rows.slice(1));
  }
  return feed;
}

async function fullAppend(session: DestinationSession): Promise<void> {
  const feed = await twoReads(session, 'full_refresh_append', [
    [row(1), row(2)],
    [row(1), row(3)],
  ]);
  await session.expectRows(feed.target, [row(1), row(2), row(1), row(3)]);
}

async function mirror(session: DestinationSession): Promise<void> {
  const feed = await twoReads(session, 'mirror', [
    [row(1), row(2)],
    [row(2, 'changed'), row(3)],
  ]);
  await session.expectRows(feed.target, [row(2, 'changed'), row(3)]);
}

async function history(session: DestinationSession): Promise<void> {
  const feed = await twoReads(session, 'scd2', [
    [row(1), row(2)],
    [row(1), row(2, 'changed'), row(3)],
  ]);
  await session.expectRows(feed.target, [row(1), row(2), row(2, 'changed'), row(3)]);
  const held = (await session.harness.rowsOf(feed.target)) as readonly Readonly<Record<string, unknown>>[];
  const current = held.filter((found) => ['t', 'true', '1'].includes(String(found['_millrace_is_current'])));
  if (current.length !== 3)
    throw new CheckFault(
      `${current.length} rows are current, not three.`,
      'Set _millrace_is_current on the newest version of each key.',
    );
}
