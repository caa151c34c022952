import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { holdTable } from '../e2e/support/held-table.js';
import { openTemporal } from '../e2e/support/temporal.js';

/** The ledger in the destination is the truth: what happens when it and the workflow's state differ. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function makeTable(table: string, rows = 50): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, 'n' || i from generate_series(1, ${rows}) i`,
  );
}

const grow = (table: string, from: number, to: number) =>
  millrace.source.query(`insert into ${table} select i, 'n' || i from generate_series(${from}, ${to}) i`);

const stream = (table: string, more: object = {}): object => ({
  name: `public.${table}`,
  mode: 'incremental_append',
  cursorField: 'id',
  ...more,
});

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

const stateOf = async (id: string) => (await millrace.call('GET', `/v1/connections/${id}/state`)).body;

/** The destination as it was after the first run, ledger and rows, as a backup would bring it back. */
async function restoreAfter(table: string, lastId: number, seq: number): Promise<void> {
  await millrace.destination.query(
    `delete from ${table} where id > ${lastId}; delete from _millrace.ledger where feed = 'public.${table}' and seq > ${seq}`,
  );
}

describe.concurrent('a destination that was restored from a backup', () => {
  test('I1, I2: is noticed, and read on from what it has: nothing lost, nothing doubled', async () => {
    await makeTable('restored');
    const id = await millrace.connect([stream('restored')]);
    await millrace.sync(id);
    await grow('restored', 51, 80);
    await millrace.sync(id);
    await restoreAfter('restored', 50, 1);
    await grow('restored', 81, 90);
    const run = await millrace.sync(id);
    expect(run.streams[0]?.notes).toEqual([expect.stringMatching(/destination is behind \(slice 1 instead of 2\)/)]);
    expect(run.streams[0]?.rows.loaded).toBe(40);
    await expectSame('restored');
    expect((await millrace.sync(id)).streams[0]?.notes).toEqual([]);
    await expectSame('restored');
  });

  test('stops the stream where the policy says so, and loses nothing', async () => {
    await makeTable('guarded');
    const id = await millrace.connect([stream('guarded', { onDestinationBehind: 'stop' })]);
    await millrace.sync(id);
    await grow('guarded', 51, 60);
    await millrace.sync(id);
    await restoreAfter('guarded', 50, 1);
    const run = await millrace.sync(id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'load.destination_behind' } });
    expect(await millrace.destination.query('select count(*)::int as rows from guarded')).toEqual([{ rows: 50 }]);
  });

  test('that has lost its ledger stops the stream instead of passing rows over; a refresh mends it', async () => {
    await makeTable('forgotten');
    const id = await millrace.connect([stream('forgotten')]);
    await millrace.sync(id);
    await millrace.destination.query(
      `delete from _millrace.ledger where feed = 'public.forgotten'; delete from forgotten where id > 20`,
    );
    const run = await millrace.sync(id);
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'load.destination_behind', suggestion: expect.stringMatching(/Refresh/) },
    });
    await millrace.call('POST', `/v1/connections/${id}/syncs?wait=60s`, { refresh: true });
    await expectSame('forgotten');
  });
});

describe.concurrent('a target that is gone', () => {
  test('stops the stream with a clear error', async () => {
    await makeTable('dropped');
    const id = await millrace.connect([stream('dropped')]);
    await millrace.sync(id);
    await millrace.destination.query('drop table dropped');
    const run = await millrace.sync(id);
    expect(run).toMatchObject({
      status: 'failed',
      error: { code: 'load.target_missing', suggestion: expect.stringMatching(/Refresh/) },
    });
    await millrace.call('POST', `/v1/connections/${id}/streams/public.dropped/refresh`);
    expect((await millrace.sync(id)).status).toBe('succeeded');
    await expectSame('dropped');
  });

  test('is read from the start where the policy says so', async () => {
    await makeTable('remade');
    const id = await millrace.connect([stream('remade', { onTargetMissing: 'refresh' })]);
    await millrace.sync(id);
    await millrace.destination.query('drop table remade');
    const run = await millrace.sync(id);
    expect(run.streams[0]?.notes).toContain('the target table was gone: read from the start');
    await expectSame('remade');
    await grow('remade', 51, 60);
    await millrace.sync(id);
    await expectSame('remade');
  });
});

describe.concurrent('positions set by hand', () => {
  test('I3: are never undone by older ledger rows; rows at the value that were taken before do not come twice', async () => {
    await makeTable('moved');
    const id = await millrace.connect([stream('moved')]);
    await millrace.sync(id);
    const exported = await stateOf(id);
    await grow('moved', 51, 60);
    await millrace.sync(id);
    await millrace.destination.query('delete from moved where id > 50');
    const back = await millrace.call('PUT', `/v1/connections/${id}/state`, { feeds: exported.feeds });
    expect(back.body).toMatchObject({ revision: 1, feeds: { 'public.moved': { lineage: 2, seq: 0 } } });
    const run = await millrace.sync(id);
    expect(run.streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 10 });
    await expectSame('moved');
  });

  test('a state that is stale is refused', async () => {
    await makeTable('stale');
    const id = await millrace.connect([stream('stale')]);
    await millrace.sync(id);
    const exported = await stateOf(id);
    await millrace.call('POST', `/v1/connections/${id}/streams/public.stale/reset`);
    const refused = await millrace.call('PUT', `/v1/connections/${id}/state`, exported);
    expect(refused).toMatchObject({ status: 412, body: { code: 'request.stale' } });
  });

  test('changes are listed and can be undone, undo included', async () => {
    await makeTable('undone');
    const id = await millrace.connect([stream('undone')]);
    await millrace.sync(id);
    const { position } = (await stateOf(id)).feeds['public.undone'];
    await millrace.call('POST', `/v1/connections/${id}/streams/public.undone/reset`);
    const undone = await millrace.call('POST', `/v1/connections/${id}/state/undo`);
    expect(undone.body.feeds['public.undone']).toMatchObject({ lineage: 3, position });
    const { data } = (await millrace.call('GET', `/v1/connections/${id}/state/changes`)).body;
    expect(data.map(({ revision, kind, by }: Record<string, unknown>) => [revision, kind, by])).toEqual([
      [2, 'undo', expect.stringMatching(/^key_/)],
      [1, 'reset', expect.stringMatching(/^key_/)],
    ]);
    await grow('undone', 51, 55);
    expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ repeated: 1, loaded: 5 });
    await expectSame('undone');
    const redone = await millrace.call('POST', `/v1/connections/${id}/state/undo`);
    expect(redone.body.feeds['public.undone'].position).toEqual({ kind: 'start' });
  });

  test('there may be nothing to undo', async () => {
    const id = await millrace.connect([stream('nothing')]);
    const refused = await millrace.call('POST', `/v1/connections/${id}/state/undo`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'state.nothing_to_undo' } });
  });

  test('a position of its own for a stream that never ran skips what is below', async () => {
    await makeTable('imported');
    const id = await millrace.connect([stream('imported')]);
    const cursor = { type: 'int', field: 'id', value: '40' };
    await millrace.call('PUT', `/v1/connections/${id}/state`, {
      feeds: { 'public.imported': { position: { kind: 'cursor', cursor } } },
    });
    expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(11);
  });
});

test('a run that was terminated in Temporal is recorded as such, and the next one goes on', async () => {
  await using temporal = await openTemporal();
  await makeTable('terminated');
  const id = await millrace.connect([stream('terminated')]);
  await using held = await holdTable(millrace.source, 'terminated');
  const runId = await millrace.request(id);
  const { body: run } = await millrace.call('GET', `/v1/runs/${runId}`);
  await temporal.activityStarted(run.workflowId, 'extract');
  await temporal.client.workflow.getHandle(run.workflowId).terminate('by hand');
  expect(await millrace.ended(runId)).toMatchObject({ status: 'failed', error: { code: 'run.terminated' } });
  await held.release();
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectSame('terminated');
});

test('runs that were open when their workflow was lost are ended, and the next one goes on', async () => {
  await using temporal = await openTemporal();
  await makeTable('cut_off');
  const id = await millrace.connect([stream('cut_off')]);
  await millrace.sync(id);
  await using held = await holdTable(millrace.source, 'cut_off');
  const [active, queued] = [await millrace.request(id), await millrace.request(id)];
  await temporal.client.workflow.getHandle(`connection/${id}`).terminate('lost');
  await stateOf(id);
  expect(await millrace.ended(queued)).toMatchObject({ status: 'failed', error: { code: 'run.lost' } });
  await held.release();
  expect((await millrace.ended(active)).status).toMatch(/failed|cancelled/);
  await grow('cut_off', 51, 55);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  await expectSame('cut_off');
});

test('I1, I3: a workflow that was lost knows its cursors, its pause and its changes again', async () => {
  await using temporal = await openTemporal();
  await makeTable('lost');
  await makeTable('lost_moved');
  const id = await millrace.connect([stream('lost'), stream('lost_moved')]);
  await millrace.sync(id);
  await millrace.call('POST', `/v1/connections/${id}/streams/public.lost_moved/refresh`);
  await millrace.call('POST', `/v1/connections/${id}/pause`, { note: 'for a while' });
  const before = await stateOf(id);
  await temporal.client.workflow.getHandle(`connection/${id}`).terminate('lost');
  const after = await stateOf(id);
  expect(after.feeds).toEqual(before.feeds);
  expect(after).toMatchObject({ paused: true, revision: 1, epoch: before.epoch });
  await millrace.call('POST', `/v1/connections/${id}/resume`);
  await grow('lost', 51, 60);
  const run = await millrace.sync(id);
  expect(run.streams.map(({ rows }) => rows.loaded)).toEqual([10, 50]);
  await expectSame('lost');
  await expectSame('lost_moved');
});
