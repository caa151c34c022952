import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { idle } from './support/idle.js';

/** Tables in the destination belong to their users too: what they hung on them stays, and what is not ours is not touched. */

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

const overwrite = (table: string): object => ({ name: `public.${table}`, mode: 'full_refresh_overwrite' });
const append = (table: string): object => ({ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' });
const deduped = (table: string): object => ({ name: `public.${table}`, mode: 'incremental_deduped', cursorField: 'id' });

async function makeTable(table: string): Promise<void> {
  await millrace.source.query(
    `create table ${table} (id int primary key, note text); insert into ${table} select i, 'n' || i from generate_series(1, 100) i`,
  );
}

async function expectSame(table: string): Promise<void> {
  expect(await contentHash(millrace.destination, table, 'id, note')).toEqual(
    await contentHash(millrace.source, table, 'id, note'),
  );
}

async function expectSuccess(id: string): Promise<void> {
  const run = await millrace.sync(id);
  expect(run.status, JSON.stringify(run)).toBe('succeeded');
}

describe.concurrent('a refresh', () => {
  test('keeps owner, grants and comments', async () => {
    const { source, destination } = millrace;
    await makeTable('dressed');
    const id = await millrace.connect([overwrite('dressed')]);
    await expectSuccess(id);
    const role = `reader_${destination.name}`;
    await destination.query(`create role ${role}; alter table dressed owner to ${role};
      grant select on dressed to public; grant update (note) on dressed to pg_monitor;
      comment on table dressed is 'kept by ''hand'''; comment on column dressed.note is 'also kept'`);
    const before = await dressingOf('dressed');
    await source.query(`update dressed set note = 'new ' || id`);
    await expectSuccess(id);
    await expectSame('dressed');
    expect(await dressingOf('dressed')).toEqual({ ...before, oid: expect.not.stringMatching(`^${before.oid}$`) });
    await destination.query(`drop owned by ${role}; drop role ${role}`);
  });

  test('keeps a view, which shows the new rows', async () => {
    const { source, destination } = millrace;
    await makeTable('viewed');
    const id = await millrace.connect([overwrite('viewed')]);
    await expectSuccess(id);
    await destination.query(`create view over_viewed as select id, note from viewed`);
    await source.query(
      `delete from viewed where id > 50; update viewed set note = 'new ' || id; alter table viewed add column more int default 7`,
    );
    await expectSuccess(id);
    await expectSame('viewed');
    expect(await contentHash(destination, 'over_viewed', 'id, note')).toEqual(await contentHash(source, 'viewed', 'id, note'));
    expect(await destination.query('select distinct more from viewed')).toEqual([{ more: 7 }]);
  });

  test('without a key refuses a table that foreign keys point at, and leaves it as it was', async () => {
    const { source, destination } = millrace;
    await makeTable('referenced');
    await source.query('alter table referenced drop constraint referenced_pkey');
    const id = await millrace.connect([overwrite('referenced')]);
    await expectSuccess(id);
    await destination.query(`alter table referenced add primary key (id); create table refers (id int references referenced)`);
    const before = await contentHash(destination, 'referenced', 'id, note');
    await source.query(`update referenced set note = 'new'`);
    const run = await millrace.sync(id);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'load.target_incompatible' } });
    expect(await contentHash(destination, 'referenced', 'id, note')).toEqual(before);
  });
});

interface Dressing {
  readonly oid: string;
}

async function dressingOf(table: string): Promise<Dressing> {
  const [row] = await millrace.destination.query<Dressing>(
    `select c.oid::text, pg_get_userbyid(relowner) as owner, obj_description(c.oid, 'pg_class') as comment,
       (select array_agg(a::text order by a::text) from unnest(relacl) a) as grants,
       (select json_agg(json_build_array(attname, attacl::text, col_description(c.oid, attnum)) order by attnum)
        from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as columns
     from pg_class c where c.oid = $1::regclass`,
    [table],
  );
  return row!;
}

describe.concurrent('a table that is not ours', () => {
  test.each([
    ['full_refresh_overwrite', overwrite],
    ['incremental_append', append],
    ['incremental_deduped', deduped],
  ])('%s: rows of others are refused and stay', async (mode, stream) => {
    const table = `foreign_${mode}`;
    await makeTable(table);
    await millrace.destination.query(`create table ${table} (id int, note text); insert into ${table} values (-1, 'precious')`);
    const run = await millrace.sync(await millrace.connect([stream(table)]));
    expect(run).toMatchObject({ status: 'failed', error: { code: 'load.target_incompatible' } });
    expect(run.error?.suggestion).toMatch(/another target/);
    expect(await millrace.destination.query(`select id, note from ${table}`)).toEqual([{ id: -1, note: 'precious' }]);
  });

  test('a second connection to a table of the first is refused', async () => {
    await makeTable('contested');
    await expectSuccess(await millrace.connect([append('contested')]));
    const run = await millrace.sync(await millrace.connect([append('contested')]));
    expect(run).toMatchObject({ status: 'failed', error: { code: 'load.target_owned' } });
    await expectSame('contested');
  });
});

describe.concurrent('a target whose connection was deleted', () => {
  async function orphan(table: string): Promise<string> {
    await makeTable(table);
    const first = await millrace.connect([append(table)]);
    await expectSuccess(first);
    expect((await millrace.call('DELETE', `/v1/connections/${first}`)).status).toBe(204);
    await millrace.source.query(`update ${table} set note = 'new ' || id; insert into ${table} values (101, 'more')`);
    return first;
  }

  test.each([
    ['full_refresh_overwrite', overwrite],
    ['incremental_deduped', deduped],
  ])('%s takes it over; a load of the former owner would be refused', async (mode, stream) => {
    const table = `taken_over_${mode}`;
    const former = await orphan(table);
    const id = await millrace.connect([stream(table)]);
    await expectSuccess(id);
    await expectSame(table);
    const { destination } = millrace;
    expect(await destination.query(`select connection from _millrace.targets where table_name = $1`, [table])).toEqual([
      { connection: id },
    ]);
    const [fence] = await destination.query<{ epoch: string }>(
      `select epoch::text from _millrace.connections where connection = $1`,
      [former],
    );
    expect(fence).toEqual({ epoch: '2' });
    await expectSuccess(id);
  });

  test('incremental_append refuses rows it cannot tell from its own, and takes an empty table', async () => {
    await orphan('appended_to');
    const id = await millrace.connect([append('appended_to')]);
    const refused = await millrace.sync(id);
    expect(refused).toMatchObject({
      status: 'failed',
      error: {
        code: 'load.target_incompatible',
        message: expect.stringContaining('which was deleted'),
        suggestion: expect.stringContaining('empty'),
      },
    });
    await millrace.destination.query('truncate appended_to');
    await expectSuccess(id);
    await expectSame('appended_to');
  });

  test('a connection that this installation never knew may be alive elsewhere: refused', async () => {
    const former = await orphan('known_elsewhere');
    await millrace.destination.query(`update _millrace.targets set connection = 'con_elsewhere' where connection = $1`, [former]);
    const run = await millrace.sync(await millrace.connect([overwrite('known_elsewhere')]));
    expect(run).toMatchObject({ status: 'failed', error: { code: 'load.target_owned' } });
  });
});

test('a target that was dropped by hand is told as such; a reset loads it again', async () => {
  await makeTable('dropped');
  const id = await millrace.connect([append('dropped')]);
  await expectSuccess(id);
  await millrace.destination.query('drop table dropped');
  await millrace.source.query(`insert into dropped values (101, 'later')`);
  const run = await millrace.sync(id);
  expect(run).toMatchObject({
    status: 'failed',
    error: { code: 'load.target_missing', suggestion: expect.stringMatching(/\w/) },
  });
  await idle(millrace, id);
  expect((await millrace.call('POST', `/v1/connections/${id}/streams/public.dropped/reset`)).status).toBe(200);
  await expectSuccess(id);
  await expectSame('dropped');
});
