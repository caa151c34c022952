import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';

let millrace: Millrace;

beforeAll(async () => {
  millrace = await startMillrace();
});
afterAll(() => millrace[Symbol.asyncDispose]());

async function expectEqual(table: string): Promise<void> {
  const columns = 'id, at, note';
  expect(await contentHash(millrace.destination, table, columns)).toEqual(await contentHash(millrace.source, table, columns));
}

const stream = (name: string) => ({ name: `public.${name}`, mode: 'incremental_deduped', cursorField: 'at' });

const makeTable = (name: string) =>
  millrace.source.query(`create table ${name} (id bigint primary key, at timestamptz not null, note text);
    insert into ${name} select i, timestamptz '2024-01-01' + i * interval '1 s', 'n' || i from generate_series(1, 5000) i`);

test('the first read of a deduped stream is copied to where it belongs, without a batch', async () => {
  const { destination, source } = millrace;
  await makeTable('direct');
  await destination.query(`create function refuse_batches() returns event_trigger language plpgsql as $$ begin
    if exists (select 1 from pg_event_trigger_ddl_commands() where object_identity like '%batch%') then raise 'a batch was made'; end if; end $$;
    create event trigger refuse_batches on ddl_command_end when tag in ('CREATE TABLE') execute function refuse_batches()`);
  const id = await millrace.connect([stream('direct')]);
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ extracted: 5000, loaded: 5000, superseded: 0 });
  await destination.query('drop event trigger refuse_batches');
  await expectEqual('direct');
  await source.query(`update direct set note = 'changed', at = '2025-01-01' where id <= 10`);
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ loaded: 10, superseded: 0 });
  await expectEqual('direct');
});

test('a first read that meets keys which are there already merges them: newer rows stay, the others are replaced', async () => {
  const { destination, source } = millrace;
  await makeTable('again');
  const id = await millrace.connect([stream('again')]);
  await millrace.sync(id);
  await destination.query(`update again set note = 'from the future', at = '2030-01-01' where id = 7`);
  await source.query(`update again set note = 'late' where id = 8; insert into again values (6000, '2024-01-01', 'new')`);
  await millrace.call('POST', `/v1/connections/${id}/streams/public.again/reset`);
  expect((await millrace.sync(id)).streams[0]?.rows).toMatchObject({ extracted: 5001, loaded: 5000, superseded: 1 });
  expect(await destination.query('select id, note from again where id in (7, 8, 6000) order by id')).toEqual([
    { id: '7', note: 'from the future' },
    { id: '8', note: 'late' },
    { id: '6000', note: 'new' },
  ]);
});
