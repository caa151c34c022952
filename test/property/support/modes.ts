/**
 * What each write mode promises, as checks of a target after any history of its source.
 * @module
 */
import { expect } from 'vitest';
import type { TestDatabase } from '../../support/servers.js';
import { BLOCK_ROWS, type Rows, type Version, rowsOf } from './history.js';
import type { Mode, Outcome, Seen } from './play.js';

export type Modes = Readonly<Record<string, Mode>>;

/** Those that read the stream as a whole in every run. */
export function wholeModes(destination: () => TestDatabase): Modes {
  const target = ({ scene }: Outcome, where?: string): Promise<Rows> => rowsOf(destination(), scene.table, where);
  const holdsTheLast =
    (where?: string) =>
    async (outcome: Outcome): Promise<void> =>
      expect(await target(outcome, where)).toEqual(outcome.last);
  const snapshots = async (outcome: Outcome): Promise<void> => {
    for (const run of outcome.runs)
      expect(await target(outcome, `_millrace_run = ${run.number}`), `run ${run.number}`).toEqual(run.held);
    const found = await destination().query(`select distinct _millrace_run::int as run from ${outcome.scene.table}`);
    expect(found.length).toBe(outcome.runs.filter(({ held }) => held.size > 0).length);
  };
  const history = async (outcome: Outcome): Promise<void> => {
    await holdsTheLast('_millrace_is_current')(outcome);
    for (const run of outcome.runs) expect(await target(outcome, asOf(run)), `as of run ${run.number}`).toEqual(run.held);
    await expectNoOverlap(destination(), outcome.scene.table);
  };
  return {
    full_refresh_overwrite: { stream: { mode: 'full_refresh_overwrite' }, check: holdsTheLast() },
    'mirror, hard': { stream: { mode: 'mirror' }, check: holdsTheLast() },
    'mirror, soft': { stream: { mode: 'mirror', deletes: 'soft' }, check: holdsTheLast('_millrace_deleted_at is null') },
    full_refresh_append: { stream: { mode: 'full_refresh_append' }, check: snapshots },
    'scd2 of whole reads': { stream: { mode: 'scd2' }, check: history },
  };
}

/** Those that read by a cursor. */
export function cursorModes(destination: () => TestDatabase): Modes {
  const target = ({ scene }: Outcome, where?: string): Promise<Rows> => rowsOf(destination(), scene.table, where);
  const appended = async (outcome: Outcome): Promise<void> => expectAppended(outcome, await target(outcome));
  const merged = async (outcome: Outcome): Promise<void> => {
    await expectOneRowPerKey(destination(), outcome);
    expectNewest(outcome, await target(outcome));
  };
  const current = async (outcome: Outcome): Promise<void> => {
    expectNewest(outcome, await target(outcome, '_millrace_is_current'));
    await expectNoOverlap(destination(), outcome.scene.table);
  };
  const deduped = (more: object) => ({ stream: { mode: 'incremental_deduped', ...more }, check: merged });
  const lagging = { cursorField: 'at', lag: '1h' };
  return {
    'incremental_append by time': { stream: { mode: 'incremental_append', cursorField: 'at' }, check: appended },
    'incremental_append by number': { stream: { mode: 'incremental_append', cursorField: 'seq' }, check: appended },
    'incremental_deduped by time': deduped({ cursorField: 'at' }),
    'incremental_deduped by number, last load wins': deduped({ cursorField: 'seq', dedup: 'last_load_wins' }),
    'incremental_deduped with lag': {
      ...deduped(lagging),
      ...{ setBack: true, afterRun: (table: string) => expectNothingOlder(destination(), table) },
      check: async (outcome) => {
        await expectOneRowPerKey(destination(), outcome);
        expectNewestOrNewer(outcome, await target(outcome));
      },
    },
    'incremental_deduped with lag, last load wins': { ...deduped({ ...lagging, dedup: 'last_load_wins' }), setBack: true },
    'scd2 by time': { stream: { mode: 'scd2', cursorField: 'at' }, check: current },
  };
}

const asOf = (run: Seen): string =>
  `_millrace_valid_from <= '${run.asOf}' and (_millrace_valid_to is null or _millrace_valid_to > '${run.asOf}')`;

/** Nothing twice (rowsOf sees to it), nothing that never was, and everything that a run could see. */
function expectAppended({ scene, last, runs }: Outcome, held: Rows): void {
  for (const version of held.keys()) expect(scene.committed, version).toContain(version);
  const visible = [last, ...runs.filter(({ delayed }) => !delayed).map((run) => run.held)];
  for (const rows of visible) for (const version of rows.keys()) expect(held.get(version), version).toBe(BLOCK_ROWS);
}

/** What the source holds is there; of keys that are gone from the source, a version that they once had. */
function expectNewest({ scene, last }: Outcome, held: Rows): void {
  for (const [version, rows] of last) expect(held.get(version), version).toBe(rows);
  for (const version of held.keys()) expect(scene.committed, version).toContain(version);
}

/** A row that was given a lower cursor value does not take the place of what it was. */
function expectNewestOrNewer({ scene, last }: Outcome, held: Rows): void {
  const cursors = new Map([...held.keys()].map((version) => [blockOf(version), cursorOf(version)]));
  for (const version of last.keys())
    if (!held.has(version))
      expect(cursors.get(blockOf(version)) ?? '', version).toSatisfy((cursor) => cursor > cursorOf(version));
  for (const version of held.keys()) expect(scene.committed, version).toContain(version);
}

const blockOf = (version: Version): string => version.split('|')[0] ?? '';
const cursorOf = (version: Version): string => version.split('|')[2] ?? '';

async function expectOneRowPerKey(destination: TestDatabase, { scene }: Outcome): Promise<void> {
  const doubled = await destination.query(`select id from ${scene.table} group by id having count(*) > 1`);
  expect(doubled).toEqual([]);
}

/** Compares with what it saw the last time. */
async function expectNothingOlder(destination: TestDatabase, table: string): Promise<void> {
  const [exists] = await destination.query(`select 1 where to_regclass('${table}') is not null`);
  if (!exists) return;
  await destination.query(`create table if not exists ${table}_before (id int, at timestamptz)`);
  const sql = `select id from ${table} as held join ${table}_before as before using (id) where held.at < before.at limit 1`;
  expect(await destination.query(sql), 'an older row took the place of a newer one').toEqual([]);
  await destination.query(`truncate ${table}_before; insert into ${table}_before select id, at from ${table}`);
}

async function expectNoOverlap(destination: TestDatabase, table: string): Promise<void> {
  const overlapping = await destination.query(
    `select a.id from ${table} a join ${table} b on a.id = b.id and a.ctid < b.ctid
       and tstzrange(a._millrace_valid_from, a._millrace_valid_to) && tstzrange(b._millrace_valid_from, b._millrace_valid_to) limit 1`,
  );
  expect(overlapping).toEqual([]);
}
