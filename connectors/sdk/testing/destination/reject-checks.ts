import { readFile } from 'node:fs/promises';
import type { RowPolicy } from '../../../../schema/connection-config.js';
import type { Field } from '../../../../schema/types.js';
import type { KeptRejects, LoadResult } from '../../destination.js';
import { isMillraceError } from '../../../../platform/errors/error.js';
import type { ConformanceCheck } from '../check.js';
import type { ExpectedRow } from '../harness.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { TestFeed } from './feed.js';
import { row } from './mode-checks.js';
import { type DestinationSession, FIELDS } from './session.js';

/** One bad row never stops a stream and never disappears (I7). */
export const rejectChecks: readonly ConformanceCheck<DestinationSession>[] = [
  {
    name: 'null-field',
    title: 'null_field loads a row without the value that the system refuses, and notes it in _millrace_changes',
    needs: ['incremental_append'],
    run: checkNulled,
  },
  {
    name: 'reject-row',
    title: 'reject_row keeps the row aside before the others are committed, and the ledger remembers it',
    needs: ['incremental_append'],
    run: checkRejected,
  },
  {
    name: 'stop',
    title: 'stop loads nothing of a slice with a row that the system refuses',
    needs: ['incremental_append'],
    run: checkStopped,
  },
];

/** Rows of which the one in the middle holds what the system refuses. */
interface Bad {
  readonly field: Field;
  readonly fields: readonly Field[];
  readonly rows: readonly [ExpectedRow, ExpectedRow, ExpectedRow];
}

const BAD_ROW = 2;

function badRows({ harness: { refused } }: DestinationSession): Bad {
  if (!refused)
    throw new CheckSkipped(
      'No value was given that the system refuses.',
      'Give refused in the harness; where every value can be held, say so with notApplicable.',
    );
  const { field, value } = refused;
  return {
    field,
    fields: [...FIELDS, field],
    rows: [row(1), { ...row(BAD_ROW), [field.name]: value }, row(3)],
  };
}

async function checkNulled(session: DestinationSession): Promise<string> {
  const { field, fields, rows } = badRows(session);
  const { feed, result, kept } = await loadBad(session, 'null_field');
  requireFate(result, { loaded: rows.length, rejected: 0 });
  if (kept.length > 0) throw new CheckFault('A row that is loaded is kept aside as well.', 'Give a row one fate.');
  await session.expectRows(feed.target, [row(1), { ...row(BAD_ROW), [field.name]: null }, row(3)], fields);
  const held = (await session.harness.rowsOf(feed.target)) as readonly Readonly<Record<string, unknown>>[];
  const noted = held.filter((found) => String(found['_millrace_changes'] ?? '').includes(field.name)).map(({ id }) => String(id));
  if (noted.join() !== String(BAD_ROW))
    throw new CheckFault(
      `_millrace_changes names ${field.name} in ${noted.length} rows, not in the one whose value was left out.`,
      'Note {field, change, reason} there, and nothing in rows that are as they came.',
    );
  return `${field.type} left out and noted`;
}

async function checkRejected(session: DestinationSession): Promise<string> {
  const { feed, request, result, kept } = await loadBad(session, 'reject_row');
  requireFate(result, { loaded: 2, rejected: 1 });
  const [rejected, ...others] = kept;
  if (!rejected || others.length > 0 || rejected.numbers.join() !== String(BAD_ROW))
    throw new CheckFault(
      `keepRejects was given the rows ${kept.flatMap(({ numbers }) => numbers).join(', ') || 'none'}, not the second one alone.`,
      'Call keepRejects once before the commit, with the numbers that rows have in the slice, from 1.',
    );
  requireKept(result, rejected.as);
  await session.expectRows(feed.target, [row(1), row(3)]);
  const again = await feed.send({ ...request, attempt: 2 });
  if (!again.alreadyLoaded)
    throw new CheckFault('A slice with rejected rows is loaded again.', 'Write its ledger row like any other.');
  requireFate(again, { loaded: 2, rejected: 1 });
  requireKept(again, rejected.as);
  return 'kept, counted, remembered';
}

async function checkStopped(session: DestinationSession): Promise<string> {
  const { fields, rows } = badRows(session);
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const error = await feed.load(rows, { fields, override: { rowPolicy: 'stop' } }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  session.heard(error);
  if (!isMillraceError(error, 'load.bad_value'))
    throw new CheckFault(
      `A slice with a bad row is ${error === undefined ? 'loaded' : `refused with ${String(error)}`}.`,
      'Throw load.bad_value with row, column and reason, and leave the transaction.',
    );
  await session.expectRows(feed.target, []);
  await feed.load([row(1)], { fields });
  await session.expectRows(feed.target, [row(1)]);
  return error.code;
}

interface Kept {
  /** Of rows in the slice, from 1. */
  readonly numbers: readonly number[];
  readonly as: KeptRejects;
}

interface LoadedBad {
  readonly feed: TestFeed;
  readonly request: Awaited<ReturnType<TestFeed['request']>>;
  readonly result: LoadResult;
  readonly kept: readonly Kept[];
}

async function loadBad(session: DestinationSession, rowPolicy: RowPolicy): Promise<LoadedBad> {
  const { fields, rows } = badRows(session);
  const feed = await TestFeed.begin(session, { mode: 'incremental_append' });
  const kept: Kept[] = [];
  const asked = await feed.request(rows, { fields, override: { rowPolicy } });
  const request: typeof asked = {
    ...asked,
    keepRejects: async (rejected) => {
      const as = await asked.keepRejects(rejected);
      kept.push({ numbers: numbersIn(await readFile(rejected.path, 'utf8')), as });
      return as;
    },
  };
  return { feed, request, result: await feed.send(request), kept };
}

/** Each line begins with the quoted number of its row. */
const numbersIn = (csv: string): readonly number[] => [...csv.matchAll(/^"(\d+)"/gm)].map(([, number]) => Number(number));

function requireFate({ rows }: LoadResult, { loaded, rejected }: Pick<LoadResult['rows'], 'loaded' | 'rejected'>): void {
  if (rows.loaded === loaded && rows.rejected === rejected) return;
  throw new CheckFault(
    `Of three rows, one of them bad, ${rows.loaded} are said to be loaded and ${rows.rejected} to be rejected, not ${loaded} and ${rejected}.`,
    'Do as rowPolicy says, and answer with counts of the ledger.',
  );
}

function requireKept({ rejects }: LoadResult, as: KeptRejects): void {
  if (rejects?.manifest === as.manifest && rejects.sha256 === as.sha256 && rejects.rows === as.rows) return;
  throw new CheckFault(
    `The answer says ${rejects === undefined ? 'nothing of' : 'something else than'} what keepRejects returned.`,
    'Keep what keepRejects returns in the ledger row, and answer with it.',
  );
}
