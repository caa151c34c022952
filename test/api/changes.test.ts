import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Knex } from 'knex';
import { ChangeStore } from '../../api/events/change-store.js';
import { MIGRATIONS } from '../../platform/db/migrations/index.js';
import { openMetadata } from '../../platform/db/open.js';
import { endOpenRuns, recordRun, recordStreams } from '../../platform/db/run-projection.js';
import type { RunRecord, StreamRecord } from '../../platform/db/store.js';
import { type TestDatabase, createDatabase } from './support/database.js';

let database: TestDatabase;
let pools: readonly Knex[];

beforeAll(async () => {
  database = await createDatabase();
  pools = await Promise.all([1, 2, 3].map(() => openMetadata(database.url)));
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await database.drop();
});

const WORKSPACE = 'wsp_default';

const run = (number: number, status: RunRecord['status']): RunRecord => ({
  ...{ id: `run_${number}`, workspaceId: WORKSPACE, connectionId: `con_${number % 3}`, number, status, trigger: 'api' },
  workflowId: `sync/con_${number % 3}/${number}`,
});

const stream = (name: string, slices: number): StreamRecord => ({
  ...{ name, step: 'load', status: 'running', bytes: 0, slices, cursor: null, error: null, notes: [] },
  rows: { extracted: slices, repeated: 0, filtered: 0, loaded: slices, rejected: 0, superseded: 0 },
});

test('whoever reads on by number misses nothing that many processes write at the same time', async () => {
  const [a, b, c] = pools as [Knex, Knex, Knex];
  const store = new ChangeStore(database.db);
  const seen = new Map<string, number>();
  const ids: number[] = [];
  let writing = true;
  const reading = (async () => {
    for (let head = 0, last = false; !last;) {
      last = !writing;
      const found = await store.since(head);
      head = found.head;
      for (const { id, run: row, streams } of found.runs) {
        ids.push(id);
        for (const { name, slices } of streams) seen.set(`${row.id} ${name}`, Number(slices));
        seen.set(`${row.id} ${row.status}`, id);
      }
    }
  })();
  const work = async (db: Knex, number: number): Promise<void> => {
    await recordRun(db, run(number, 'running'));
    for (let slices = 1; slices <= 5; slices++)
      await recordStreams(db, `run_${number}`, [stream('x', slices), stream('y', slices)]);
    await recordRun(db, run(number, 'succeeded'));
  };
  await Promise.all(Array.from({ length: 24 }, (_, index) => work([a, b, c][index % 3]!, index)));
  await Promise.all([endOpenRuns(a, 'con_0', { status: 'failed' }), endOpenRuns(b, 'con_1', { status: 'failed' })]);
  writing = false;
  await reading;
  for (let number = 0; number < 24; number++)
    expect(
      [seen.get(`run_${number} x`), seen.get(`run_${number} y`), seen.has(`run_${number} succeeded`)],
      `run ${number}`,
    ).toEqual([5, 5, true]);
  expect(ids).toEqual([...ids].sort((x, y) => x - y));
  expect(new Set(ids).size).toBe(ids.length);
});

test('the same report again changes nothing, and so tells nobody', async () => {
  const store = new ChangeStore(database.db);
  const head = await store.head();
  await recordRun(database.db, run(1, 'succeeded'));
  await recordStreams(database.db, 'run_1', [stream('x', 5)]);
  expect(await store.since(head)).toEqual({ head, runs: [] });
});

test('runs that an older version has written get numbers, and when their streams were last loaded', async () => {
  const events = MIGRATIONS.find(({ name }) => name === '009-events');
  const [db] = pools as [Knex];
  await db.transaction((tx) => events!.down(tx));
  await db('runs').where({ id: 'run_1' }).update({ ended_at: '2026-01-02T03:04:05Z' });
  await db.transaction((tx) => events!.up(tx));
  const numbers = await db.union([db('runs').select('changed'), db('run_streams').select('changed')]).pluck<string[]>('changed');
  expect(new Set(numbers).size).toBe(24 + 48);
  const [row] = await db('run_streams').where({ run_id: 'run_1', name: 'x' }).select('checkpointed_at');
  expect(row.checkpointed_at).toEqual(new Date('2026-01-02T03:04:05Z'));
  await recordStreams(db, 'run_1', [{ ...stream('x', 6), status: 'succeeded' }]);
  const [later] = await db('run_streams').where({ run_id: 'run_1', name: 'x' }).select('checkpointed_at');
  expect(Date.now() - later.checkpointed_at.getTime()).toBeLessThan(60_000);
});
