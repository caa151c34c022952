import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { BLOCK_ROWS, type Rows, type Scene, type Step, histories, openScene, rowsOf } from './support/history.js';
import { type InlineRun, type InlineWorker, inlineWorker } from './support/inline-sync.js';

/**
 * Whatever happens to a table, each write mode holds what it promises: random histories against a simple model, on a real
 * Postgres. `MILLRACE_PROPERTY_RUNS` says how many; a failure prints the seed and the shrunk history, which is then kept in
 * `counterexamples.ts`.
 */
const RUNS = Number(process.env['MILLRACE_PROPERTY_RUNS'] ?? 4);
const SEED = process.env['MILLRACE_PROPERTY_SEED'];

let source: TestDatabase;
let destination: TestDatabase;
let worker: InlineWorker;
let scenes = 0;

beforeAll(async () => {
  [source, destination] = await Promise.all([freshDatabase('src'), freshDatabase('dst')]);
  worker = await inlineWorker(20_000);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await Promise.all([source.drop(), destination.drop()]);
});

/** A run that was read to its end, with what the source held when it began. */
interface Seen extends InlineRun {
  readonly held: Rows;
  readonly asOf: string;
}

interface Outcome {
  readonly scene: Scene;
  readonly runs: readonly Seen[];
  /** What the source holds at the end, when nobody writes any more. */
  readonly last: Rows;
}

type Check = (outcome: Outcome) => Promise<void>;

async function play(steps: readonly Step[], stream: object, check: Check): Promise<void> {
  await using scene = await openScene(source, `t${scenes++}`);
  const { table } = scene;
  const sync = worker.connect(
    `con_${table}`,
    { name: `public.${table}`, settle: '0s', ...stream },
    { source: source.url, destination: destination.url },
  );
  const runs: Seen[] = [];
  const run = async (faults = {}): Promise<InlineRun> => {
    const held = await scene.current();
    const done = await sync.run(faults);
    const [{ at } = { at: '' }] = await destination.query<{ at: string }>(
      `select raised_at::text as at from _millrace.connections where connection = 'con_${table}'`,
    );
    if (done.ended) runs.push({ ...done, held, asOf: at });
    return done;
  };
  for (const step of steps) await (step.do === 'run' ? run(step.faults) : scene.apply(step));
  await scene.settle();
  await run();
  await check({ scene, runs, last: await scene.current() });
  await destination.query(`drop table ${table}`);
}

const target = ({ scene }: Outcome, where?: string): Promise<Rows> => rowsOf(destination, scene.table, where);

const MODES: Readonly<Record<string, readonly [stream: object, check: Check]>> = {
  full_refresh_overwrite: [
    { mode: 'full_refresh_overwrite' },
    async (outcome) => expect(await target(outcome)).toEqual(outcome.last),
  ],
  'mirror, hard': [{ mode: 'mirror' }, async (outcome) => expect(await target(outcome)).toEqual(outcome.last)],
  'mirror, soft': [
    { mode: 'mirror', deletes: 'soft' },
    async (outcome) => expect(await target(outcome, '_millrace_deleted_at is null')).toEqual(outcome.last),
  ],
  full_refresh_append: [
    { mode: 'full_refresh_append' },
    async (outcome) => {
      for (const run of outcome.runs)
        expect(await target(outcome, `_millrace_run = ${run.number}`), `run ${run.number}`).toEqual(run.held);
      const snapshots = await destination.query(`select distinct _millrace_run::int as run from ${outcome.scene.table}`);
      expect(snapshots.length).toBe(outcome.runs.filter(({ held }) => held.size > 0).length);
    },
  ],
  'incremental_append by time': [{ mode: 'incremental_append', cursorField: 'at' }, appended],
  'incremental_append by number': [{ mode: 'incremental_append', cursorField: 'seq' }, appended],
  'incremental_deduped by time': [{ mode: 'incremental_deduped', cursorField: 'at' }, deduped],
  'incremental_deduped by number, last load wins': [
    { mode: 'incremental_deduped', cursorField: 'seq', dedup: 'last_load_wins' },
    deduped,
  ],
  'scd2 of whole reads': [
    { mode: 'scd2' },
    async (outcome) => {
      expect(await target(outcome, '_millrace_is_current')).toEqual(outcome.last);
      for (const run of outcome.runs) expect(await target(outcome, asOf(run)), `as of run ${run.number}`).toEqual(run.held);
      await expectNoOverlap(outcome.scene.table);
    },
  ],
  'scd2 by time': [
    { mode: 'scd2', cursorField: 'at' },
    async (outcome) => {
      const current = await target(outcome, '_millrace_is_current');
      for (const [version, rows] of outcome.last) expect(current.get(version), version).toBe(rows);
      await expectNoOverlap(outcome.scene.table);
    },
  ],
};

const asOf = (run: Seen): string =>
  `_millrace_valid_from <= '${run.asOf}' and (_millrace_valid_to is null or _millrace_valid_to > '${run.asOf}')`;

/** Nothing twice (rowsOf sees to it), nothing that never was, and everything that a run could see. */
async function appended(outcome: Outcome): Promise<void> {
  const held = await target(outcome);
  for (const version of held.keys()) expect(outcome.scene.committed, version).toContain(version);
  const visible = [outcome.last, ...outcome.runs.filter(({ delayed }) => !delayed).map((run) => run.held)];
  for (const rows of visible) for (const version of rows.keys()) expect(held.get(version), version).toBe(BLOCK_ROWS);
}

/** One row per key, the newest; of keys that are gone from the source, one that they once had. */
async function deduped(outcome: Outcome): Promise<void> {
  const held = await target(outcome);
  for (const [version, rows] of outcome.last) expect(held.get(version), version).toBe(rows);
  for (const version of held.keys()) expect(outcome.scene.committed, version).toContain(version);
  const doubled = await destination.query(`select id from ${outcome.scene.table} group by id having count(*) > 1`);
  expect(doubled).toEqual([]);
}

async function expectNoOverlap(table: string): Promise<void> {
  const overlapping = await destination.query(
    `select a.id from ${table} a join ${table} b on a.id = b.id and a.ctid < b.ctid
       and tstzrange(a._millrace_valid_from, a._millrace_valid_to) && tstzrange(b._millrace_valid_from, b._millrace_valid_to) limit 1`,
  );
  expect(overlapping).toEqual([]);
}

test.each(Object.entries(MODES))(
  '%s holds what it promises, whatever happens',
  { timeout: 3_600_000 },
  async (_name, [stream, check]) => {
    await fc.assert(
      fc.asyncProperty(histories, (steps) => play(steps, stream, check)),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
  },
);
