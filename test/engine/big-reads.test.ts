import { once } from 'node:events';
import { type AddressInfo, type Socket, connect as dial, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DirectConnection, type DirectRuns, Killed, startDirectRuns } from '../support/direct-runs.js';
import { failureOf } from '../support/failure-of.js';
import { faultProxy } from '../support/fault-proxy.js';
import { contentHash } from '../support/millrace.js';
import { tie } from '../support/tcp-proxy.js';

/** Reads of many slices that are stopped at every edge, by every kind of key, while the table changes. */

let runs: DirectRuns;

beforeAll(async () => {
  runs = await startDirectRuns({ sliceBytes: 100_000 });
});
afterAll(() => runs[Symbol.asyncDispose]());

function connect(table: string, more: object = {}, url = runs.source.url): DirectConnection {
  return runs.connect([{ name: `public.${table}`, mode: 'full_refresh_overwrite', ...more }], { config: { url } });
}

async function expectSame(table: string, columns: string, target = table): Promise<void> {
  expect(await contentHash(runs.destination, target, columns)).toEqual(await contentHash(runs.source, table, columns));
}

/** Runs until one ends by itself: each is killed at its first slice, by turns before and after the load. */
async function runKilled(connection: DirectConnection): Promise<number> {
  for (let runs = 1; ; runs++) {
    const { killed } = await connection.run({
      unfinished: true,
      atEdge: ({ loaded, last }) => {
        if (loaded === (runs % 2 === 0) && !(loaded && last)) throw new Killed();
      },
    });
    if (!killed) return runs;
    expect(runs, 'it comes to an end').toBeLessThan(40);
  }
}

const KEYS: readonly (readonly [string, string, string])[] = [
  ['composite of text and number', 'a text collate german, b int, primary key (a, b)', `'k' || (i % 13), i`],
  [
    'text in a collation that orders numbers',
    'a text collate german primary key',
    `(array['a', 'B', 'ä', 'Z', '', '10', '9'])[1 + i % 7] || '-' || i`,
  ],
  ['text in a collation that ignores case', 'a text collate nocase primary key', `chr(65 + i % 26) || i`],
  ['uuid', 'a uuid primary key', 'md5(i::text)::uuid'],
  ['numeric', 'a numeric primary key', 'i * 1e20 + 0.5'],
  ['bigint beyond 2^53', 'a bigint primary key', '9007199254740992 + i'],
  [
    'date and time',
    'a timestamptz, b date, primary key (b, a)',
    `'2024-01-01'::timestamptz + i * interval '1 us', '2024-01-01'::date + i % 3`,
  ],
  ['bytes', 'a bytea primary key', `decode(md5(i::text), 'hex')`],
  ['enum and char', 'a shade, b char(8), primary key (a, b)', `(array['dark', 'light', 'Pale'])[1 + i % 3]::shade, i::text`],
  ['a unique index instead of a key', 'a int not null unique', 'i'],
];

describe('a full read by key goes on behind any slice edge', () => {
  beforeAll(async () => {
    await runs.source
      .query(`create collation german (provider = icu, locale = 'de-u-kn-true'); create type shade as enum ('light', 'dark', 'Pale');
      create collation nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`);
  });

  test.each(KEYS)('I5: %s', async (name, key, values) => {
    const table = `keyed_${name.replaceAll(/\W/g, '_')}`;
    await runs.source.query(
      `create table ${table} (${key}, filler text); insert into ${table} select ${values}, repeat('x', 100) from generate_series(1, 3500) i; analyze ${table}`,
    );
    expect(await runKilled(connect(table))).toBeGreaterThan(5);
    await expectSame(table, key.includes('b ') ? 'a, b, filler' : 'a, filler');
  });
});

describe('the first read of an incremental stream', () => {
  test.each(['incremental_append', 'incremental_deduped'])(
    'I2: %s killed at every edge, NULLs and ties included',
    async (mode) => {
      const table = `first_${mode}`;
      await runs.source.query(`create table ${table} (id int primary key, at bigint, filler text);
      insert into ${table} select i, case when i % 10 > 0 then i / 100 end, repeat('x', 100) from generate_series(1, 5000) i; analyze ${table}`);
      const connection = connect(table, { mode, cursorField: 'at' });
      expect(await runKilled(connection)).toBeGreaterThan(6);
      await runs.source.query(`insert into ${table} select i, 50, 'tied' from generate_series(5001, 5010) i`);
      await connection.run();
      await expectSame(table, 'id, at, filler');
    },
  );

  /** Every version that a row ever had. */
  const HISTORY = `create table %t (id int primary key, at timestamptz not null default clock_timestamp(), note text);
    create table %t_history (like %t);
    create function %t_log() returns trigger language plpgsql as $$ begin insert into %t_history values (new.*); return new; end $$;
    create trigger log after insert or update on %t for each row execute function %t_log();
    insert into %t (id, note) select i, repeat('x', 100) from generate_series(1, 5000) i; analyze %t`;

  test.each(['incremental_append', 'incremental_deduped'])(
    '%s while rows are inserted, updated and deleted: nothing is lost or doubled',
    async (mode) => {
      const table = `moving_${mode}`;
      await runs.source.query(HISTORY.replaceAll('%t', table));
      const connection = connect(table, { mode, cursorField: 'at' });
      let changes = 0;
      const change = async (): Promise<void> => {
        changes += 1;
        await runs.source
          .query(`insert into ${table} (id, note) select 5000 + ${changes} * 1000 - i, 'inserted ${changes}' from generate_series(1, 20) i;
        insert into ${table} (id, note) select -${changes} * 100 - i, 'inserted before ${changes}' from generate_series(1, 20) i;
        update ${table} set at = clock_timestamp(), note = 'updated ${changes}' where id % 97 = ${changes};
        delete from ${table} where id % 101 = ${changes}`);
      };
      const first = await connection.run({ atEdge: ({ loaded }) => (loaded ? change() : undefined) });
      expect(first.slices).toBeGreaterThan(4);
      for (let run = 0; run < 2; run++) await connection.run();
      const target = await runs.destination.query<{ id: number; at: Date; note: string }>(
        `select id, at::text, note from ${table}`,
      );
      const versions = new Set(
        (await runs.source.query(`select id, at::text, note from ${table}_history`)).map((row) => JSON.stringify(row)),
      );
      const held = target.map((row) => JSON.stringify({ id: row.id, at: row.at, note: row.note }));
      expect(new Set(held).size, 'no version twice').toBe(held.length);
      expect(
        held.filter((row) => !versions.has(row)),
        'only what was once there',
      ).toEqual([]);
      const now = await runs.source.query(`select id, at::text, note from ${table}`);
      expect(
        now.filter((row) => !held.includes(JSON.stringify(row))),
        'all that is there',
      ).toEqual([]);
      if (mode === 'incremental_deduped') expect(new Set(target.map(({ id }) => id)).size).toBe(target.length);
    },
  );
});

describe('without a key', () => {
  test('a table comes from one snapshot, whatever happens between its files', async () => {
    await runs.source.query(
      `create table snapped (i int, filler text); insert into snapped select i, repeat('z', 100) from generate_series(1, 5000) i; analyze snapped`,
    );
    const before = await contentHash(runs.source, 'snapped', 'i, filler');
    await using proxy = await faultProxy(runs.source.url);
    const connection = connect('snapped', {}, proxy.url);
    const frozen = proxy.trap({ on: 'copy (select', skip: 2, freeze: 'before' });
    const running = connection.run();
    await frozen;
    await runs.source.query('delete from snapped where i % 2 = 0');
    await runs.source.query(`update snapped set filler = 'late'`);
    await runs.source.query(`insert into snapped select -i, 'new' from generate_series(1, 3000) i`);
    proxy.release();
    await running;
    expect(await contentHash(runs.destination, 'snapped', 'i, filler')).toEqual(before);
  });

  test.each([
    [
      'a partitioned table',
      `create table keyless_parts (i int, filler text) partition by hash (i); create table keyless_p0 partition of keyless_parts for values with (modulus 2, remainder 0); create table keyless_p1 partition of keyless_parts for values with (modulus 2, remainder 1)`,
      'keyless_parts',
      'keyless_parts',
    ],
    [
      'a parent by inheritance',
      `create table keyless_parent (i int, filler text); create table keyless_child () inherits (keyless_parent)`,
      'keyless_parent',
      'keyless_child',
    ],
    [
      'a view',
      `create table view_base (i int, filler text); create view over_base as select i, filler from view_base where i > 0`,
      'over_base',
      'view_base',
    ],
  ])('%s', async (_, setup, stream, written) => {
    await runs.source.query(
      `${setup}; insert into ${written} select i, repeat('z', 100) from generate_series(1, 5000) i; analyze ${written}`,
    );
    for (const mode of ['full_refresh_overwrite', 'incremental_append']) {
      const target = `${stream}_${mode}`;
      await connect(stream, {
        mode,
        target: { table: target },
        ...(mode === 'incremental_append' ? { cursorField: 'i' } : {}),
      }).run();
      await expectSame(stream, 'i, filler', target);
    }
  });

  test('a materialized view', async () => {
    await runs.source.query(
      `create materialized view refreshed as select i, repeat('m', 100) as filler from generate_series(1, 3000) i`,
    );
    await connect('refreshed').run();
    await expectSame('refreshed', 'i, filler');
  });
});

describe('a read that is cut', () => {
  test('in the middle of a slice: the next run reads the slice again', async () => {
    await runs.source.query(
      `create table cut (id int primary key, filler text); insert into cut select i, repeat('c', 100) from generate_series(1, 5000) i; analyze cut`,
    );
    await using proxy = await faultProxy(runs.source.url);
    const connection = connect('cut', {}, proxy.url);
    const frozen = proxy.trap({ on: 'copy (select', skip: 2, freeze: 'after' });
    const running = failureOf(connection.run());
    await frozen;
    proxy.cut();
    expect((await running).code).toMatch(/^connector\.(transient|unreachable)$/);
    const rest = await connection.run({ unfinished: true });
    expect(rest.rows.extracted).toBeLessThan(5000);
    await expectSame('cut', 'id, filler');
  });

  test('I7: the rows are counted when the server has answered, not when the last one has come', async () => {
    await runs.source.query(
      `create table answered (id int primary key, note text); insert into answered select i, 'n' from generate_series(1, 10) i`,
    );
    await using proxy = await slowToAnswer(runs.source.url);
    for (const mode of ['full_refresh_overwrite', 'incremental_append']) {
      const more = mode === 'incremental_append' ? { cursorField: 'id' } : {};
      const run = await connect('answered', { mode, target: { table: `answered_${mode}` }, ...more }, proxy.url).run();
      expect(run.rows).toMatchObject({ extracted: 10, loaded: 10 });
    }
  });

  /** Postgres whose answers come in two parts where a COPY ends. */
  async function slowToAnswer(target: string): Promise<AsyncDisposable & { readonly url: string }> {
    const to = new URL(target);
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = dial(Number(to.port), to.hostname);
      tie([client, upstream], sockets);
      client.setNoDelay(true).on('data', (chunk) => upstream.write(chunk));
      let sent: Promise<unknown> = Promise.resolve();
      upstream.on('data', (chunk: Buffer) => {
        const end = chunk.indexOf(Buffer.from([0x63, 0, 0, 0, 4])) + 5; // CopyDone
        const parts = end < 5 ? [chunk] : [chunk.subarray(0, end), chunk.subarray(end)];
        for (const part of parts)
          sent = sent.then(async () => {
            client.write(part);
            if (parts.length > 1) await new Promise((resolve) => setTimeout(resolve, 50));
          });
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(target);
    url.port = String((server.address() as AddressInfo).port);
    url.hostname = '127.0.0.1';
    return {
      url: url.href,
      [Symbol.asyncDispose]: async () => {
        sockets.forEach((socket) => socket.destroy());
        server.close();
        await once(server, 'close');
      },
    };
  }
});
