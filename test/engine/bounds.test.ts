import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wallClock } from '../../connectors/sources/postgres/wall-clock.js';
import { type DirectConnection, type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';
import { contentHash } from '../support/millrace.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { dropReader, plainReader } from './support/sessions.js';

/** Where an incremental read ends: clocks, what cannot be proven, holdBack; and where it begins: lag. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns();
});
afterAll(() => runs[Symbol.asyncDispose]());

function connect(table: string, more: object = {}, url = runs.source.url): DirectConnection {
  const stream = { name: `public.${table}`, mode: 'incremental_append', cursorField: 'at', settle: '50ms', ...more };
  return runs.connect([stream], { config: { url } });
}

const idsOf = async (table: string): Promise<number[]> =>
  (await runs.destination.query<{ id: number }>(`select id from ${table} order by id`)).map(({ id }) => id);

async function expectSame(table: string, columns = 'id, at'): Promise<void> {
  expect(await contentHash(runs.destination, table, columns)).toEqual(await contentHash(runs.source, table, columns));
}

describe('the clock', () => {
  test.each([
    ['timestamptz', 'now()'],
    ['timestamp', 'localtimestamp'],
    ['date', 'current_date'],
  ])('values of the future are left for their time: %s', async (type, now) => {
    const table = `future_${type}`;
    await runs.source.query(`create table ${table} (id int, at ${type}); insert into ${table} values
      (1, ${now} - interval '3 days'), (2, ${now}), (3, ${now} + interval '2 days'), (4, 'infinity'), (5, '-infinity')`);
    const connection = connect(table);
    await connection.run();
    expect(await idsOf(table)).toEqual([1, 2, 5]);
    await runs.source.query(`update ${table} set at = ${now} where id = 3`);
    await connection.run();
    expect(await idsOf(table)).toEqual([1, 2, 3, 5]);
  });

  test('a table that gets a row every instant is read up to now, not for ever', async () => {
    await runs.source.query(`create table instant (id bigserial, at timestamptz default clock_timestamp())`);
    const writing = new AbortController();
    const writer = (async () => {
      while (!writing.signal.aborted) await runs.source.query('insert into instant default values');
    })();
    const connection = connect('instant', { settle: '5s' });
    for (let run = 0; run < 3; run++) await connection.run();
    writing.abort();
    await writer;
    await connection.run();
    await expectSame('instant');
  });
});

describe('a clock on the wall, in the zone of the database', () => {
  const least = async (instant: string, zone: string): Promise<string> => {
    const sql = wallClock(`'${instant}'::timestamptz`, `'${zone}'::text`);
    const [row] = await runs.source.query<{ least: string }>(`select ${sql}::text as least`);
    return row?.least ?? '';
  };

  test.each([
    ['an ordinary day', '2024-07-01 10:00:00+00', 'Europe/Berlin', '2024-07-01 12:00:00'],
    ['before the hour that comes twice', '2024-10-26 23:59:59.5+00', 'Europe/Berlin', '2024-10-27 01:59:59.5'],
    ['in its first pass', '2024-10-27 00:30:00+00', 'Europe/Berlin', '2024-10-27 02:00:00'],
    ['in its second pass', '2024-10-27 01:10:00+00', 'Europe/Berlin', '2024-10-27 02:10:00'],
    ['half an hour that comes twice', '2024-04-06 14:45:00+00', 'Australia/Lord_Howe', '2024-04-07 01:30:00'],
    ['two hours that come twice', '2024-10-26 23:30:00+00', 'Antarctica/Troll', '2024-10-27 01:00:00'],
    ['an hour that is left out', '2024-03-31 00:59:00+00', 'Europe/Berlin', '2024-03-31 01:59:00'],
  ])('I4: %s', async (_, instant, zone, expected) => {
    expect(await least(instant, zone)).toBe(expected);
  });

  test('I4: rows of an hour that comes twice are read when it is over, none is passed over', async () => {
    await using database = await freshDatabase('fold');
    const direct = await inFold(database);
    await direct.connection.run();
    expect(await idsOf('fold')).toEqual([1]);
    await database.query(`alter database ${database.name} set timezone = '${direct.after}'`);
    await database.query(`insert into fold values (3, localtimestamp - interval '1 hour')`);
    await direct.connection.run();
    expect(await idsOf('fold')).toEqual([1, 2, 3]);
    expect((await direct.connection.run()).rows.loaded).toBe(0);
  });

  /** A database in whose zone the clock will be set back by an hour within half an hour. */
  async function inFold(database: TestDatabase) {
    const [row] = await database.query<{ day: string; second: string }>(
      `with fold as (select date_bin('15 minutes', now() at time zone 'UTC', 'epoch'::timestamp) + interval '30 minutes' as at)
       select to_char(at + interval '1 hour', 'DDD')::int::text as day, extract(epoch from (at + interval '1 hour')::time)::int::text as second from fold`,
    );
    const day = Number(row?.day);
    const time = new Date(Number(row?.second) * 1000).toISOString().slice(11, 19);
    // summer time since half a year, until this time of this day by its own clock
    const zone = `STD0DST-1,${((day + 180) % 365) + 1}/0,${day - 1}/${time}`;
    const [winter, later] = [zone, 'LATER-3'];
    await database.query(`alter database ${database.name} set timezone = '${winter}'`);
    await using session = await freshSession(database);
    await session.query(
      `create table fold (id int, at timestamp); insert into fold values (1, localtimestamp - interval '5 hours'), (2, localtimestamp)`,
    );
    return { connection: connect('fold', {}, database.url), after: later };
  }

  /** The pool's own session began before the zone was set. */
  async function freshSession(database: TestDatabase) {
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return { query: (sql: string) => client.query(sql), [Symbol.asyncDispose]: () => client.end() };
  }
});

describe('what cannot be proven', () => {
  const CASES: readonly (readonly [string, string, string])[] = [
    [
      'a materialized view',
      `create table mat_base (id int, at timestamptz default now()); insert into mat_base values (1); create materialized view mat as select * from mat_base`,
      'mat',
    ],
    [
      'a view over a foreign table',
      `create extension file_fdw; create server files foreign data wrapper file_fdw;
       create foreign table remote (id int, at timestamptz) server files options (program 'echo 1,2024-01-01', format 'csv');
       create view over_remote as select * from remote`,
      'over_remote',
    ],
    [
      'a sequence that gives numbers in blocks',
      `create sequence blocks cache 20; create table blocky (at bigint default nextval('blocks'), id int); insert into blocky (id) values (1)`,
      'blocky',
    ],
    [
      'an identity that gives numbers in blocks',
      `create table identical (at bigint generated always as identity (cache 20), id int); insert into identical (id) values (1)`,
      'identical',
    ],
  ];

  test.each(CASES)('%s: appending stops, merging goes on and says so', async (_, setup, stream) => {
    await runs.source.query(setup);
    const stopped = await failureOf(connect(stream).run());
    expect(stopped.code).toBe('source.bound_unproven');
    const merging = connect(stream, { mode: 'incremental_deduped', primaryKey: ['id'], target: { table: `${stream}_merged` } });
    expect(await merging.run()).toMatchObject({
      rows: { loaded: 1 },
      unproven: expect.stringContaining(stopped.message.split(': ')[1]!.slice(0, 20)),
    });
    const accepted = connect(stream, { unprovenBound: 'accept', target: { table: `${stream}_accepted` } });
    expect(await accepted.run()).toMatchObject({ rows: { loaded: 1 }, unproven: expect.any(String) });
  });

  test('holdBack is an answer, too', async () => {
    await runs.source.query(
      `create sequence held_ids cache 5; create table held_blocks (at bigint default nextval('held_ids'), id int); insert into held_blocks (id) select generate_series(1, 20)`,
    );
    const run = await connect('held_blocks', { holdBack: 5 }).run();
    expect(run).toMatchObject({ rows: { loaded: 15 }, unproven: expect.stringContaining('held_ids') });
  });

  test('a user from whom the catalogs are hidden', async () => {
    await using database = await freshDatabase('blind');
    await database.query(
      `create table t (id int, at bigint); insert into t values (1, 1); revoke select on pg_locks from public`,
    );
    const url = await plainReader(database, 'blind');
    expect(await failureOf(connect('t', {}, url).run())).toMatchObject({ code: 'source.bound_unproven' });
    expect(await connect('t', { unprovenBound: 'accept' }, url).run()).toMatchObject({
      rows: { loaded: 1 },
      unproven: expect.stringContaining('no right'),
    });
    await dropReader(database, 'blind');
  });
});

describe('holdBack', () => {
  test.each([
    ['timestamptz', '1h', `now() - interval '2 hours'`, `now() - interval '30 minutes'`],
    ['timestamp', '1h', `localtimestamp - interval '2 hours'`, `localtimestamp - interval '30 minutes'`],
    ['date', '2d', 'current_date - 3', 'current_date - 1'],
    ['integer', 10, '5', '95'],
    ['numeric(12,3)', 10, '5.5', '95.125'],
    ['numeric', 10, '-5.5', '95.1'],
  ])('leaves the newest rows for a later run: %s', async (type, holdBack, old, recent) => {
    const table = `held_${type.replaceAll(/\W/g, '_')}`;
    const newest = type.startsWith('time') ? 'now()' : type === 'date' ? 'current_date' : '100';
    await runs.source.query(
      `create table ${table} (id int, at ${type}); insert into ${table} values (1, ${old}), (2, ${recent}), (3, ${newest})`,
    );
    const connection = connect(table, { holdBack });
    expect(await connection.run()).toMatchObject({ rows: { loaded: 1 }, delayed: undefined });
    connection.reconfigure([{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'at' }]);
    expect((await connection.run()).rows.loaded).toBe(2);
    await expectSame(table);
  });

  test('of more than there is reads nothing', async () => {
    await runs.source.query(`create table barely (id int, at smallint); insert into barely values (1, -32768), (2, 5)`);
    const connection = connect('barely', { holdBack: 1_000_000 });
    expect((await connection.run()).rows.loaded).toBe(0);
    expect((await connection.run()).rows.loaded).toBe(0);
  });
});

describe('lag', () => {
  test.each([
    ['timestamptz', '1h', `'2024-01-01 12:00+00'`, `'2024-01-01 11:30+00'`, `'2024-01-01 10:30+00'`],
    ['timestamp', '1h', `'2024-01-01 12:00'`, `'2024-01-01 11:30'`, `'2024-01-01 10:30'`],
    ['date', '2d', `'2024-01-10'`, `'2024-01-09'`, `'2024-01-05'`],
    ['bigint', 10, '9007199254740995', '9007199254740990', '9007199254740900'],
    ['numeric', 10, '100.5', '95.25', '80'],
  ])('reads again what came late below the cursor, and the cursor stays: %s', async (type, lag, last, late, tooLate) => {
    const table = `lagging_${type}`;
    await runs.source.query(
      `create table ${table} (id int primary key, at ${type}, note text); insert into ${table} values (1, ${last}, 'a')`,
    );
    const connection = connect(table, { mode: 'incremental_deduped', lag });
    const { position } = (await connection.run()).place;
    await runs.source.query(`insert into ${table} values (2, ${late}, 'late'), (3, ${tooLate}, 'too late')`);
    const run = await connection.run();
    expect(run.place.position).toEqual(position);
    expect(await idsOf(table)).toEqual([1, 2]);
    expect((await connection.run()).place.position).toEqual(position);
  });

  test('comes with the first slice of a run only, however many there are', async () => {
    await using small = await startDirectRuns({ sliceBytes: 100_000 });
    await small.source.query(`create table windowed (id int primary key, at bigint not null, note text);
      insert into windowed select i, i, repeat('x', 100) from generate_series(1, 4000) i; analyze windowed`);
    const connection = small.connect([{ name: 'public.windowed', mode: 'incremental_deduped', cursorField: 'at', lag: 2500 }]);
    await connection.run();
    await small.source
      .query(`insert into windowed select i, i, repeat('y', 100) from generate_series(4001, 9000) i; analyze windowed;
      update windowed set note = 'late' where id = 1600; update windowed set note = 'too late' where id = 1000`);
    const run = await connection.run();
    expect(run.slices).toBeGreaterThan(2);
    expect(run.rows.extracted).toBe(5000 + 2501 + (run.slices - 1)); // each later slice begins with the value where the last one ended
    const changed = await small.destination.query(`select id, note from windowed where note like '%late'`);
    expect(changed).toEqual([{ id: 1600, note: 'late' }]);
    expect((await small.destination.query('select count(*)::int as n from windowed'))[0]).toEqual({ n: 9000 });
  });
});

describe('distances that do not fit are refused with what to write instead', () => {
  test.each([
    ['a number for a time', 'timestamptz', { holdBack: 5 }, /duration such as/],
    ['a duration for a number', 'bigint', { holdBack: '5m' }, /number such as/],
    ['text', 'text', { holdBack: 5 }, /no distances/],
    ['a lag that would double rows', 'bigint', { lag: 5 }, /would be doubled/],
    ['ages', 'timestamptz', { holdBack: '99999999d' }, /century/],
  ])('%s', async (name, type, more, words) => {
    const table = `unfit_${name.replaceAll(' ', '_')}`;
    await runs.source.query(`create table ${table} (id int primary key, at ${type})`);
    const failure = (await connect(table, more)
      .run()
      .catch((error: unknown) => error)) as { code: string; message: string; suggestion: string };
    expect(failure.code).toBe('connection.invalid');
    expect(`${failure.message} ${failure.suggestion}`).toMatch(words);
  });
});
