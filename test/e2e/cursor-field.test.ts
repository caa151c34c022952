import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { idle } from './support/idle.js';

/** A stream that is read by another field than before: its old position says nothing about the new one. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

/** Rows whose two cursors run against each other, so that going on from the old value would pass rows over. */
async function makeTable(table: string): Promise<void> {
  await millrace.source.query(`create table ${table} (id int primary key, at timestamptz not null, note text);
    insert into ${table} select i, '2024-01-01'::timestamptz - i * interval '1 s', 'n' || i from generate_series(1, 500) i`);
}

async function setCursor(id: string, stream: object, cursorField: string): Promise<void> {
  const changed = await millrace.call('PATCH', `/v1/connections/${id}`, { streams: [{ ...stream, cursorField }] });
  expect(changed.status, JSON.stringify(changed.body)).toBe(200);
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, at, note')).toEqual(
    await contentHash(millrace.source, table, 'id, at, note'),
  );
}

test('I3: merged streams are read from the start again, in a new lineage', async () => {
  await makeTable('merged');
  const stream = { name: 'public.merged', mode: 'incremental_deduped' };
  const id = await millrace.connect([{ ...stream, cursorField: 'id' }]);
  await millrace.sync(id);
  const lineage = await lineageOf(id, stream.name);
  await millrace.source.query(`update merged set note = 'changed' where id > 400`);
  await setCursor(id, stream, 'at');
  const run = await millrace.sync(id);
  expect(run).toMatchObject({
    status: 'succeeded',
    streams: [{ rows: { extracted: 500 }, cursor: { cursor: { field: 'at' } } }],
  });
  expect(await lineageOf(id, stream.name)).toBe(lineage + 1);
  await expectSame('merged');
  expect((await millrace.sync(id)).streams[0]?.rows.loaded).toBe(0);
});

async function lineageOf(id: string, feed: string): Promise<number> {
  return (await idle(millrace, id)).feeds[feed]!.lineage;
}

test('appended streams stop and say how to go on; the old field set back goes on where it was', async () => {
  await makeTable('appended');
  const stream = { name: 'public.appended', mode: 'incremental_append' };
  const id = await millrace.connect([{ ...stream, cursorField: 'id' }]);
  await millrace.sync(id);
  await setCursor(id, stream, 'at');
  const refused = await millrace.sync(id);
  expect(refused).toMatchObject({
    status: 'failed',
    error: {
      code: 'source.cursor_changed',
      suggestion: expect.stringMatching(/reset the stream.*set the old cursorField back/i),
    },
  });
  await setCursor(id, stream, 'id');
  await millrace.source.query(`insert into appended values (501, '2024-01-02', 'later')`);
  const run = await millrace.sync(id);
  expect(run.streams[0]).toMatchObject({ status: 'succeeded', rows: { loaded: 1 } });
  await expectSame('appended');
});
