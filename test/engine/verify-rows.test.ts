import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FinishedRun, type Millrace, startMillrace } from '../support/millrace.js';
import { NOTHING, VerifyScene, verificationOf } from './support/verify-scene.js';

/** What the row policy has done is known and no error; whatever else differs is one. */

let millrace: Millrace;
let scene: VerifyScene;

beforeAll(async () => {
  millrace = await startMillrace();
  scene = new VerifyScene(millrace);
});
afterAll(() => millrace[Symbol.asyncDispose]());

interface Loading {
  readonly mode: string;
  readonly rowPolicy: string;
  readonly more?: object;
  /** None for a table without a key. */
  readonly key?: string;
}

/** Loads good rows, narrows `name` in the target to 5 characters and forbids the number 13, and brings bad rows. */
async function spoil(
  table: string,
  { mode, rowPolicy, more = {}, key = 'primary key' }: Loading,
): Promise<{ id: string; run: FinishedRun }> {
  const { source, destination } = millrace;
  await source.query(`create table ${table} (id int ${key}, at timestamptz, name text, amount int, t text, note text, n text);
    insert into ${table} select i, '2024-01-01'::timestamptz + i * interval '1 s', 'n', i * 100 from generate_series(1, 20) i`);
  const cursor = mode.startsWith('incremental') ? { cursorField: 'at' } : {};
  const id = await scene.loaded({ name: `public.${table}`, mode, rowPolicy, verify: 'hash', ...cursor, ...more });
  await destination.query(`create domain short_${table} as varchar(5); alter table ${table} alter name type short_${table};
    alter table ${table} add constraint unlucky check (amount <> 13)`);
  await source.query(`insert into ${table} values (101, '2025-01-01 00:00:01.5', 'much too long', 1), (102, '2025-01-01 00:00:02', 'good', 13),
    (103, '2025-01-01 00:00:03', 'good', 3); update ${table} set amount = 13, at = '2025-01-01 00:00:04' where id = 7`);
  return { id, run: await millrace.sync(id) };
}

describe.each(['incremental_deduped', 'incremental_append'])('%s', (mode) => {
  test.each([
    ['null_field', { rejected: 2, repaired: 1 }],
    ['reject_row', { rejected: 3, repaired: 0 }],
  ])('%s: a run that rejected and repaired rows succeeds, and so does every comparison after it', async (rowPolicy, known) => {
    const table = `known_${mode.slice(12)}_${rowPolicy}`;
    const { id, run } = await spoil(table, { mode, rowPolicy });
    expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
    const both = { matched: true, differences: { ...NOTHING, ...known } };
    expect(verificationOf(run)).toMatchObject({ ...both, scope: 'run' });
    expect(run.streams[0]?.notes).toContain(`${known.rejected} rows were rejected, ${known.repaired} values were repaired`);
    const found = await scene.verify(id);
    expect(found).toMatchObject({ ...both, by: 'sql', scope: 'table' });
    const listed = found.sample.filter(({ kind }) => kind === 'rejected').map(({ key }) => key?.[0]);
    expect(listed.toSorted()).toEqual(known.repaired > 0 ? ['102', '7'] : ['101', '102', '7']);
    const repaired = found.sample.find(({ kind }) => kind === 'repaired');
    expect(repaired).toEqual(known.repaired > 0 ? expect.objectContaining({ key: ['101'], columns: ['name'] }) : undefined);
    expect(await scene.verify(id, { method: 'count' })).toMatchObject({ matched: true });
  });

  test('another column of a repaired row, a lost row and a value put in the place of a repaired one are found', async () => {
    const table = `found_${mode.slice(12)}`;
    const { id } = await spoil(table, { mode, rowPolicy: 'null_field' });
    await millrace.destination.query(`update ${table} set amount = 2 where id = 101; delete from ${table} where id = 103`);
    const found = await scene.verify(id);
    const merged = mode === 'incremental_deduped';
    expect(found.differences).toMatchObject(
      merged ? { missing: 1, different: 1, rejected: 2, repaired: 1 } : { missing: 2, rejected: 2 },
    );
    if (merged) expect(found.sample).toContainEqual({ kind: 'different', key: ['101'], columns: ['amount'] });
    await millrace.destination.query(`update ${table} set amount = 1, name = 'put' where id = 101`);
    expect((await scene.verify(id)).differences).toMatchObject(
      merged ? { different: 1, repaired: 0 } : { missing: 2, repaired: 0 },
    );
  });
});

test('a rejected row that the source has changed since and that was loaded is missing when it is lost', async () => {
  const { id } = await spoil('later', { mode: 'incremental_deduped', rowPolicy: 'reject_row' });
  await millrace.source.query(`update later set amount = 14, at = '2026-01-01' where id = 102`);
  expect((await millrace.sync(id)).status).toBe('succeeded');
  expect(await scene.verify(id)).toMatchObject({ matched: true, differences: { ...NOTHING, rejected: 2 } });
  await millrace.destination.query(`delete from later where id = 102`);
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: false, differences: { ...NOTHING, missing: 1, rejected: 2 } });
  expect(found.sample[0]).toEqual({ kind: 'missing_in_target', key: ['102'] });
});

test('rejected rows that were loaded again are missing when they are lost', async () => {
  const { id } = await spoil('again', { mode: 'incremental_deduped', rowPolicy: 'reject_row' });
  await millrace.destination.query(`alter table again drop constraint unlucky`);
  const { body } = await millrace.call('POST', `/v1/connections/${id}/rejects/replay`, {});
  expect((await millrace.ended(body.id)).status, JSON.stringify(body)).toBe('succeeded');
  expect(await scene.verify(id)).toMatchObject({ matched: true, differences: { ...NOTHING, rejected: 1 } });
  await millrace.destination.query(`delete from again where id = 102`);
  expect(await scene.verify(id)).toMatchObject({ matched: false, differences: { missing: 1, rejected: 1 } });
});

test('rejected rows whose files are gone count by their number, which is told', async () => {
  const { id } = await spoil('gone', { mode: 'incremental_deduped', rowPolicy: 'reject_row' });
  await millrace.source.query(`delete from gone where id = 7`);
  const [row] = await millrace.destination.query<{ rejects: string }>(
    `select rejects from _millrace.ledger where connection = '${id}' and rejects is not null`,
  );
  await rm(join(millrace.stageDir, JSON.parse(row?.rejects ?? '').manifest));
  const found = await scene.verify(id);
  expect(found).toMatchObject({ matched: true, differences: { rejected: 2, missing: 0, extra: 1 } });
  expect(found.notes.join()).toContain('3 rejected rows cannot be read any more');
  await millrace.destination.query(`delete from gone where id in (1, 2)`);
  expect(await scene.verify(id)).toMatchObject({ matched: false, differences: { rejected: 3, missing: 1 } });
});

test.each(['hash', 'count'])(
  'rows without a key, by %s: taken off by number, and one more that is lost is found',
  async (method) => {
    const table = `keyless_${method}`;
    const more = { verify: method };
    const { id, run } = await spoil(table, { mode: 'incremental_append', rowPolicy: 'null_field', more, key: '' });
    expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
    const both = method === 'hash' ? { rejected: 2, repaired: 1 } : { rejected: 2, repaired: 0 };
    expect(verificationOf(run)).toMatchObject({ matched: true, differences: { ...NOTHING, ...both } });
    expect(verificationOf(run).notes.join()).toContain('2 rejected rows have no key');
    expect(await scene.verify(id)).toMatchObject({ matched: true, differences: { ...NOTHING, rejected: 2, repaired: 1 } });
    await millrace.destination.query(`delete from ${table} where id = 103`);
    expect(await scene.verify(id)).toMatchObject({
      matched: false,
      differences: { ...NOTHING, missing: 1, rejected: 2, repaired: 1 },
    });
  },
);

/** A NUL character is refused by every target, also by a shadow. */
const NUL = `select id, replace(note, 'nul', 'a' || chr(0)) as note, amount from input`;

describe.each(['mirror', 'scd2', 'full_refresh_overwrite'])('a whole read, %s', (mode) => {
  test.each([
    ['null_field', { rejected: 0, repaired: 3 }],
    ['reject_row', { rejected: 3, repaired: 0 }],
  ])('%s: what is known is no error, in every run; a corrupted row fails the run', async (rowPolicy, known) => {
    const { source, destination } = millrace;
    const table = `${mode}_${rowPolicy}`;
    await source.query(`create table ${table} (id int primary key, note text, amount int);
      insert into ${table} select i, 'n', i from generate_series(1, 9) i; insert into ${table} values (10, null, 10)`);
    const id = await scene.loaded({ name: `public.${table}`, mode, rowPolicy, verify: 'hash', sql: NUL });
    await source.query(
      `update ${table} set note = 'nul' where id in (2, 10); insert into ${table} values (11, 'nul', 11); delete from ${table} where id = 3`,
    );
    for (const _ of [2, 3]) {
      const run = await millrace.sync(id);
      expect(run.status, JSON.stringify(run.streams[0])).toBe('succeeded');
      expect(verificationOf(run)).toMatchObject({
        matched: true,
        scope: 'run',
        differences: { missing: 0, different: 0, ...known },
      });
    }
    await destination.query(`create function spoil_${table}() returns trigger language plpgsql as $$ begin new.amount := 0; return new; end $$;
      create trigger spoil before insert or update on ${table} for each row execute function spoil_${table}()`);
    await source.query(`update ${table} set amount = 40 where id = 4`);
    const spoilt = await millrace.sync(id);
    expect(spoilt.streams[0]?.error, JSON.stringify(spoilt.streams[0])).toMatchObject({ code: 'verify.mismatch' });
    expect(verificationOf(spoilt).sample).toContainEqual({ kind: 'different', key: ['4'], columns: ['amount'] });
  });
});
