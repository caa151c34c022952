import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { type Outcome, type RunOptions, runCli, startCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 100_000 });
  env = {
    MILLRACE_URL: millrace.apiUrl,
    MILLRACE_API_KEY: millrace.apiKey,
    SOURCE_URL: millrace.source.url,
    DESTINATION_URL: millrace.destination.url,
  };
  await millrace.source.query(`create table orders (id int primary key, amount numeric(10,2), updated_at timestamptz not null);
    insert into orders select i, i / 10.0, timestamptz '2026-01-01' + i * interval '1 minute' from generate_series(1, 500) i;
    create table events (id int primary key, kind text);
    insert into events select i, 'kind ' || i from generate_series(1, 40000) i`);
});
afterAll(() => millrace[Symbol.asyncDispose]());

const cli = (line: string, options: RunOptions = {}): Promise<Outcome> =>
  runCli(line.split(' '), { ...options, env: { ...env, ...options.env } });

/** The data of a command that must succeed. */
async function dataOf<T>(line: string, options?: RunOptions): Promise<T> {
  const { code, stdout, stderr } = await cli(`${line} --json`, options);
  expect({ code, stderr: code === 0 ? '' : stderr + stdout }).toEqual({ code: EXIT.ok, stderr: '' });
  const envelope = JSON.parse(stdout) as { ok: boolean; data: T };
  expect(envelope.ok).toBe(true);
  return envelope.data;
}

interface RunData {
  readonly id: string;
  readonly number: number;
  readonly status: string;
  readonly streams: readonly { readonly name: string; readonly rows: { readonly loaded: number } }[];
}

interface StateData {
  readonly feeds: Record<string, { position: { kind: string; cursor?: { value: string } } }>;
}

describe.sequential('from nothing to rows and back, by the command line alone', () => {
  test('a source is added, tested, discovered; its secret stays one', async () => {
    const added = await cli('sources add crm --connector postgres --set-env url=SOURCE_URL');
    expect(added).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/^src_[0-9a-z]{26}\n$/) });
    expect((await cli('sources test crm')).stdout).toMatch(/^✓ crm can be reached\.\nversion +1\d/);
    const shown = await cli('sources show crm');
    expect(shown.stdout).toContain('config.url  (secret, set)');
    const found = await cli('discover crm --output ndjson');
    const streams = found.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { name: string });
    expect(streams.map(({ name }) => name).toSorted()).toEqual(['public.events', 'public.orders']);
    expect((await cli('discover crm --stream public.orders')).stdout).toMatch(/amount +decimal\(10,2\) +yes/);
    for (const { stdout, stderr } of [added, shown, found]) expect(stdout + stderr).not.toContain(millrace.source.url);
  });

  test('a destination and a connection are added; the same name is refused', async () => {
    await cli('destinations add warehouse --connector postgres --set-env url=DESTINATION_URL');
    const add = 'connections add shop --from crm --to warehouse --schema raw';
    const made = await cli(`${add} --stream public.orders,mode=incremental_deduped,cursorField=updated_at,target=raw.orders`);
    expect(made).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/^con_/) });
    const again = await cli(`${add} --stream public.orders`);
    expect(again).toMatchObject({ code: EXIT.usage, stdout: '' });
    expect(again.stderr).toMatch(/request\.conflict\n.*There is a connection shop already \(con_/);
    expect((await cli('connections list')).stdout).toMatch(/shop +crm +warehouse +1 +manual +no +con_/);
    expect((await cli('connections show shop')).stdout).toMatch(
      /public\.orders +incremental_deduped +updated_at +– +raw\.orders/,
    );
  });

  test('sync shows the plan, tells of progress on stderr, and prints the table', async () => {
    const { code, stdout, stderr } = await cli('sync shop');
    expect({ code, stderr }).toMatchObject({ code: EXIT.ok, stderr: expect.stringContaining('Plan of shop:') });
    expect(stderr).toMatch(/public\.orders +incremental_deduped +start +2026-01-01 08:20:00\+00 +500 +raw\.orders +in place/);
    expect(stderr).toMatch(/^run 1 /m);
    expect(stderr).not.toContain('\u001b');
    expect(stdout).toMatch(/^stream .*\n─+.*\npublic\.orders +succeeded +500 +500 +0 +updated_at 2026-01-01 08:20:00\+00\n$/);
    const [row] = await millrace.destination.query<{ rows: string }>('select count(*)::text as rows from raw.orders');
    expect(row?.rows).toBe('500');
  });

  test('runs are found by connection, by number and by id', async () => {
    const [listed] = await dataOf<RunData[]>('runs list shop --status succeeded');
    for (const name of ['shop', 'shop/1', listed?.id ?? '']) {
      expect(await dataOf<RunData>(`runs show ${name}`)).toMatchObject({ id: listed?.id, number: 1, status: 'succeeded' });
    }
    expect((await cli('runs watch shop')).stdout).toMatch(/public\.orders +succeeded/);
    expect(await cli('runs show shop/7')).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining('shop has no run 7.'),
    });
  });

  test('state get round-trips through diff and set; reset needs --yes', async () => {
    const { stdout: text } = await cli('state get shop');
    expect(await dataOf<unknown[]>('state diff shop -', { input: text })).toEqual([]);
    const earlier = text.replace('2026-01-01 08:20:00+00', '2026-01-01 08:00:00+00');
    expect(await dataOf<unknown[]>('state diff shop -', { input: earlier })).toEqual([
      { stream: 'public.orders', from: 'updated_at 2026-01-01 08:20:00+00', to: 'updated_at 2026-01-01 08:00:00+00' },
    ]);
    const refused = await cli('state set shop -', { input: earlier });
    expect(refused).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('This needs --yes.') });
    const set = await dataOf<StateData>('state set shop - --yes', { input: earlier });
    expect(set.feeds['public.orders']?.position.cursor?.value).toBe('2026-01-01 08:00:00+00');
    // twenty later ones, and the row at the value itself: nobody knows whether it was taken
    expect(await dataOf<RunData>('sync shop')).toMatchObject({ streams: [{ rows: { loaded: 21 } }] });
    await dataOf('state reset shop public.orders --refresh --yes');
    expect((await dataOf<StateData>('state get shop')).feeds['public.orders']?.position.kind).toBe('start');
  });

  test('verify, schema and rejects say how it stands', async () => {
    await dataOf('sync shop --refresh');
    const verified = await cli('verify shop');
    expect(verified).toMatchObject({ code: EXIT.ok, stdout: expect.stringMatching(/public\.orders +matched +500 +500 +0/) });
    await millrace.destination.query('delete from raw.orders where id <= 3');
    expect(await cli('verify shop')).toMatchObject({ code: EXIT.failed, stderr: expect.stringContaining('verify.mismatch') });
    expect((await cli('schema show shop')).stdout).toMatch(/public\.orders +1 +yes +3/);
    expect(await dataOf('rejects list shop')).toEqual([]);
    expect((await cli('rejects replay shop')).stdout).toBe('Nothing of shop was rejected.\n');
  });

  test('a backfill reads its window, and leaves the cursor', async () => {
    const before = await dataOf<StateData>('state get shop');
    const window = ['--from', '2026-01-01 08:00:00+00', '--to', '2026-01-01 08:10:00+00'];
    const filled = await runCli(['sync', 'shop', '--stream', 'public.orders', ...window, '--json'], { env });
    expect(JSON.parse(filled.stdout)).toMatchObject({ ok: true, data: { streams: [{ rows: { extracted: 10 } }] } });
    expect((await dataOf<StateData>('state get shop')).feeds).toEqual(before.feeds);
  });

  test('a paused connection does not run; a run that fails exits 1 with the reason in the envelope', async () => {
    await dataOf('connections pause shop --note maintenance');
    expect(await cli('sync shop')).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('connection.paused') });
    await dataOf('connections resume shop');
    await dataOf('connections add broken --from crm --to warehouse --stream public.gone');
    const { code, stdout } = await cli('sync broken --json');
    expect(code).toBe(EXIT.failed);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'source.stream_missing' }, data: { status: 'failed' } });
    await dataOf('connections rm broken --yes');
  });

  test('a used source stays; what nobody uses goes, and then is gone', async () => {
    expect(await cli('sources rm crm --yes')).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('(shop)') });
    for (const line of ['connections rm shop', 'sources rm crm', 'destinations rm warehouse']) await dataOf(`${line} --yes`);
    expect(await cli('connections show shop')).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining('There is no connection yet.'),
    });
  });
});

test('Ctrl-C ends a run at its next checkpoint, with code 130; what was loaded stays', async () => {
  await dataOf('sources add slow --connector postgres --set-env url=SOURCE_URL');
  await dataOf('destinations add sink --connector postgres --set-env url=DESTINATION_URL');
  await dataOf('connections add slow --from slow --to sink --stream public.events,mode=incremental_append,cursorField=id');
  const running = startCli(['sync', 'slow', '--json'], { env });
  await waitFor(() => /^run 1 running/m.test(running.stderr()), { what: 'the run is seen running' });
  running.interrupt();
  const { code, stdout, stderr } = await running.outcome;
  const ended = JSON.parse(stdout) as { ok: boolean; data: RunData };
  expect(stderr).toContain('Cancelling run 1: it ends at its next checkpoint');
  expect({ code, status: ended.data.status }).toEqual({ code: EXIT.interrupted, status: 'cancelled' });
  const [loaded] = await dataOf<RunData[]>('runs list slow');
  expect(loaded).toMatchObject({ status: 'cancelled' });
});

test('a run that was left to itself goes on; --no-wait prints its id', async () => {
  const { stdout, stderr } = await cli('sync slow --no-wait');
  const id = stdout.trim();
  expect(id).toMatch(/^run_/);
  expect(stderr).toContain(`millrace runs watch ${id}`);
  const followed = await cli(`runs logs ${id} --follow --output ndjson`);
  const lines = followed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: string; stream: string | null });
  expect(lines.at(-1)).toMatchObject({ step: 'finish', stream: null });
  expect(new Set(lines.map(({ step }) => step))).toEqual(new Set(['prepare', 'extract', 'load', 'finish']));
  expect(await cli(`runs watch ${id}`)).toMatchObject({ code: EXIT.ok });
  const loads = await cli('runs logs slow --step load --stream public.events');
  expect(loads.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}info {3}load public\.events: /);
  expect(await dataOf('runs logs slow --level error')).toEqual([]);
});

test('a key is rotated: the new one is printed once, the old one ends when the overlap does', async () => {
  const first = (await cli('keys create robot --scope read')).stdout.trim();
  const second = (await cli('keys rotate robot --overlap 0s')).stdout.trim();
  expect(second).toMatch(/^mrk_/);
  expect(await cli('sources list', { env: { MILLRACE_API_KEY: second } })).toMatchObject({ code: EXIT.ok });
  expect(await cli('sources list', { env: { MILLRACE_API_KEY: first } })).toMatchObject({
    code: EXIT.usage,
    stderr: expect.stringContaining('request.unauthenticated'),
  });
});
