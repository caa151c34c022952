import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, contentHash, startMillrace } from '../support/millrace.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { type Outcome, type RunOptions, runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let folder: TempHome;
let env: Record<string, string>;

beforeAll(async () => {
  [millrace, folder] = await Promise.all([startMillrace(), tempHome('one-shot')]);
  env = {
    MILLRACE_URL: millrace.apiUrl,
    MILLRACE_API_KEY: millrace.apiKey,
    SOURCE_URL: millrace.source.url,
    DESTINATION_URL: millrace.destination.url,
  };
  await millrace.source.query(`create table orders (id int primary key, amount numeric(10,2), note text);
    insert into orders select i, i / 10.0, 'order ' || i from generate_series(1, 500) i;
    create table order_lines (id int primary key, n int);
    insert into order_lines select i, i from generate_series(1, 700) i;
    create table visits (id int primary key)`);
});
afterAll(() => Promise.all([millrace[Symbol.asyncDispose](), folder[Symbol.asyncDispose]()]));

const cli = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  runCli(args, { ...options, env: { ...env, ...options.env } });

async function rowsOf(table: string): Promise<number> {
  const [row] = await millrace.destination.query<{ n: number }>(`select count(*)::int as n from ${table}`);
  return row?.n ?? 0;
}

/** Names of everything that is configured. */
async function configured(): Promise<readonly string[]> {
  const lists = await Promise.all(['sources', 'destinations', 'connections'].map((path) => millrace.call('GET', `/v1/${path}`)));
  return lists.flatMap(({ body }) => body.data.map(({ name }: { name: string }) => name));
}

test('copy moves streams between two URLs and leaves nothing but the rows', async () => {
  const done = await cli(['copy', 'env:SOURCE_URL', 'env:DESTINATION_URL', '--stream', 'public.order*', '--schema', 'raw']);
  expect(done).toMatchObject({ code: EXIT.ok });
  expect(done.stdout).toMatch(/public\.order_lines +succeeded +700 +700/);
  expect(await contentHash(millrace.destination, 'raw.orders', 'id, amount, note')).toEqual(
    await contentHash(millrace.source, 'orders', 'id, amount, note'),
  );
  expect(await rowsOf('raw.order_lines')).toBe(700);
  expect(await configured()).toEqual([]);
  expect(done.stdout + done.stderr).not.toContain(millrace.source.url);
});

test('the same copy again replaces the rows, and --json tells of the run', async () => {
  await millrace.source.query('delete from orders where id > 400');
  const args = ['copy', millrace.source.url, 'env:DESTINATION_URL', '--stream', 'public.orders', '--schema', 'raw', '--json'];
  const done = await cli(args);
  expect(JSON.parse(done.stdout)).toMatchObject({
    ok: true,
    data: { status: 'succeeded', streams: [{ rows: { loaded: 400 } }] },
  });
  expect(await rowsOf('raw.orders')).toBe(400);
});

test('copy --keep goes on where it was', async () => {
  const stream = ['--stream', 'public.visits,mode=incremental_append,cursorField=id', '--schema', 'raw', '--keep', 'visits'];
  const copy = (): Promise<Outcome> => cli(['copy', 'env:SOURCE_URL', 'env:DESTINATION_URL', ...stream]);
  await millrace.source.query('insert into visits select generate_series(1, 10)');
  expect((await copy()).stderr).toContain('Kept as connection visits');
  await millrace.source.query('insert into visits select generate_series(11, 15)');
  expect((await copy()).stdout).toMatch(/public\.visits +succeeded +6 +5 /);
  expect(await rowsOf('raw.visits')).toBe(15);
  expect((await millrace.call('GET', '/v1/connections')).body.data).toHaveLength(1);
  expect((await cli(['connections', 'rm', 'visits', '--yes'])).code).toBe(EXIT.ok);
});

test('what is piped in is loaded into a table, quotes, NULLs and line breaks included', async () => {
  const csv = 'id;name\n1;"a;b"\n2;NULL\n3;"two\nlines"\n';
  const args = ['load', '-', '--to', 'env:DESTINATION_URL', '--table', 'raw.names', '--delimiter', ';', '--null-value', 'NULL'];
  const done = await cli(args, { input: csv });
  expect(done).toMatchObject({ code: EXIT.ok });
  const rows = await millrace.destination.query('select id::int as id, name from raw.names order by id');
  expect(rows).toEqual([
    { id: 1, name: 'a;b' },
    { id: 2, name: null },
    { id: 3, name: 'two\nlines' },
  ]);
  expect((await millrace.call('GET', '/v1/audit?limit=200')).body.data).toContainEqual(
    expect.objectContaining({ method: 'DELETE', route: '/v1/uploads/{id}', status: 204 }),
  );
});

test('a compressed file is loaded into a table of its name; --append adds to it', async () => {
  const path = join(folder.path, 'Daily Visits.jsonl.gz');
  const load = (...more: string[]): Promise<Outcome> =>
    cli(['load', path, '--to', 'env:DESTINATION_URL', '--schema', 'raw', '--append', ...more]);
  await writeFile(path, gzipSync('{"id": 1}\n{"id": 2}\n'));
  expect(await load()).toMatchObject({ code: EXIT.ok });
  await writeFile(path, gzipSync('{"id": 3}\n'));
  expect(await load()).toMatchObject({ code: EXIT.ok });
  const rows = await millrace.destination.query<{ id: number }>('select id::int as id from raw."Daily_Visits" order by id');
  expect(rows.map(({ id }) => id)).toEqual([1, 2, 3]);
});

test.each([
  ['no stream is named', ['copy', 'env:SOURCE_URL', 'env:DESTINATION_URL'], /Which streams are to be copied\?/],
  ['a stream is not there', ['copy', 'env:SOURCE_URL', 'env:DESTINATION_URL', '--stream', 'public.ordres'], /public\.orders/],
  [
    'nothing is like the pattern',
    ['copy', 'env:SOURCE_URL', 'env:DESTINATION_URL', '--stream', 'x.*'],
    /No stream of the source is like x\.\*/,
  ],
  ['a variable is not set', ['copy', 'env:NO_SUCH', 'env:DESTINATION_URL'], /NO_SUCH is not set/],
  ['a scheme is unknown', ['copy', 'oracle://scott:tiger@db/x', 'env:DESTINATION_URL'], /no connector for oracle:\/\//],
  ['a file is not there', ['load', './none.csv', '--to', 'env:DESTINATION_URL'], /There is no file \.\/none\.csv/],
  ['a name tells no format', ['load', 'package.lock.x', '--to', 'env:DESTINATION_URL'], /There is no file package\.lock\.x/],
  ['stdin has no table', ['load', '-', '--to', 'env:DESTINATION_URL'], /--table/],
  ['a name is unknown', ['load', '-', '--to', 'warehose', '--table', 't'], /There is no destination warehose/],
])('%s: exit 2 with what to do, and nothing stays', async (_what, args, said) => {
  const before = await configured();
  const { code, stderr } = await cli(args, { input: 'a\n1\n' });
  expect(stderr).toMatch(said);
  expect(stderr).not.toContain('tiger');
  expect(code).toBe(EXIT.usage);
  expect(await configured()).toEqual(before);
});

test('a move that is to be kept but cannot begin leaves nothing either', async () => {
  const before = await configured();
  const args = ['load', '-', '--to', 'env:DESTINATION_URL', '--table', 'raw.x.y,mode=none', '--append'];
  expect((await cli(args, { input: 'a\n1\n' })).code).toBe(EXIT.usage);
  expect(await configured()).toEqual(before);
});

test('where no stack runs, one is started for the move and stopped again', async () => {
  const home = join(folder.path, 'home');
  const ports = Object.fromEntries(['API', 'PG', 'TEMPORAL', 'TEMPORAL_UI'].map((name) => [`MILLRACE_${name}_PORT`, '0']));
  const { DESTINATION_URL } = env;
  const done = await runCli(['load', '-', '--to', 'env:DESTINATION_URL', '--table', 'raw.alone'], {
    input: 'id\n1\n2\n',
    env: { ...ports, MILLRACE_HOME: home, DESTINATION_URL: DESTINATION_URL! },
  });
  expect(done).toMatchObject({ code: EXIT.ok, stderr: expect.stringContaining('No stack runs over this home') });
  expect(await rowsOf('raw.alone')).toBe(2);
  expect(existsSync(join(home, 'stack.json'))).toBe(false);
});

test('a run that fails says so by its exit code, and takes away what was made for it', async () => {
  const before = await configured();
  const args = ['load', '-', '--to', 'env:DESTINATION_URL', '--table', 'raw.bad'];
  const { code, stderr } = await cli(args, { input: 'id,name\n1,"not closed\n2,b\n' });
  expect(stderr).toMatch(/source\.bad_data/);
  expect(code).toBe(EXIT.failed);
  expect(await configured()).toEqual(before);
});
