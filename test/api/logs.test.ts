import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { openMetadata } from '../../platform/db/open.js';
import { RunLogWriter } from '../../platform/db/run-logs.js';
import { type FinishedRun, type Millrace, startMillrace } from '../support/millrace.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';

const PASSWORD = 'planted-in-the-url';

let millrace: Millrace;
let good: FinishedRun;
let failing: FinishedRun;

/** One stream goes well, one is not there, and the SQL of one fails on the data. */
beforeAll(async () => {
  millrace = await startMillrace();
  await millrace.source.query(`create table orders (id int primary key, note text);
    insert into orders select i, 'note' from generate_series(1, 300) i;
    create table texts (id int primary key, amount text); insert into texts values (1, '100%'), (2, 'abc')`);
  const orders = { name: 'public.orders', mode: 'incremental_append', cursorField: 'id' };
  const texts = {
    name: 'public.texts',
    mode: 'full_refresh_overwrite',
    sql: 'select id, cast(amount as int) as amount from input',
  };
  const missing = { name: 'public.nowhere', mode: 'full_refresh_overwrite' };
  good = await millrace.sync(await millrace.connect([{ ...orders, target: { table: 'good' } }]));
  failing = await millrace.sync(await millrace.connect([orders, texts, missing]));
});
afterAll(() => millrace[Symbol.asyncDispose]());

interface Line {
  readonly id: number;
  readonly level: string;
  readonly step: string;
  readonly stream: string | null;
  readonly text: string;
}

async function page(
  runId: string,
  query = '',
): Promise<{ data: readonly Line[]; page: { next: string | null; hasMore: boolean } }> {
  const reply = await millrace.call('GET', `/v1/runs/${runId}/logs${query}`);
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return reply.body;
}

const lines = async (runId: string, query = ''): Promise<readonly Line[]> => (await page(runId, query)).data;

test('a run tells each of its steps, and all of it is there as soon as it has ended', async () => {
  const told = await lines(good.id);
  expect(told.map(({ step }) => step)).toEqual(['prepare', 'prepare', 'extract', 'load', 'load', 'finish']);
  expect(told.map(({ text }) => text)).toEqual([
    'run 1 begins, asked for by api: 1 stream',
    'goes on after slice 0',
    expect.stringMatching(/^slice 1: 300 rows read; [\d,]+ bytes staged$/),
    'slice 1: 300 rows loaded',
    'created public.good',
    'run 1 succeeded, 300 rows loaded',
  ]);
  expect(told.map(({ level }) => level)).toEqual(told.map(() => 'info'));
});

test('the log of a failing run is searched by level, stream, step and text', async () => {
  expect(failing.status).toBe('partial');
  const errors = await lines(failing.id, '?level=error');
  const failed = failing.streams.flatMap(({ name, error }) => (error ? [[name, error.code] as const] : []));
  expect(failed.map(([name]) => name).toSorted()).toEqual(['public.nowhere', 'public.texts']);
  for (const [name, code] of failed) expect(errors.some(({ stream, text }) => stream === name && text.includes(code))).toBe(true);
  const ofTexts = await lines(failing.id, '?stream=public.texts&level=warn');
  expect(ofTexts[0]).toMatchObject({ level: 'warn', step: 'transform', text: expect.stringContaining('transform.failed') });
  expect(ofTexts[0]?.text).toContain('→');
  const steps = await lines(failing.id, '?step=load');
  expect(steps).toMatchObject([{ stream: 'public.orders', text: 'slice 1: 300 rows loaded' }, { text: 'created public.orders' }]);
  expect((await lines(failing.id, '?search=NOWHERE')).length).toBeGreaterThan(0);
  expect(await lines(failing.id, '?search=%25loaded')).toEqual([]);
  expect(await lines(failing.id, '?search=no such text')).toEqual([]);
});

test('page by page, no line is missing and none comes twice', async () => {
  const all = await lines(failing.id);
  const found: Line[] = [];
  for (let after = ''; ;) {
    const { data, page: info } = await page(failing.id, `?limit=2${after}`);
    found.push(...data);
    if (!info.hasMore) break;
    after = `&after=${info.next}`;
  }
  expect(found).toEqual(all);
  expect(all.length).toBeGreaterThan(6);
});

const textsOf = async (runId: string): Promise<readonly string[]> =>
  (await millrace.metadata.query<{ text: string }>('select text from run_logs where run_id = $1 order by id', [runId])).map(
    ({ text }) => text,
  );

test("lines of several runs are written together; a run whose lines are refused keeps no other's back", async () => {
  const [refused, written] = [newId('run'), newId('run')];
  await millrace.metadata.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger refuse before insert on run_logs for each row when (new.run_id = '${refused}') execute function refuse()`);
  const db = await openMetadata(millrace.metadata.url);
  const writer = new RunLogWriter(db);
  const add = (runId: string, text: string): void =>
    writer.add({ workspaceId: 'wsp_default', runId, level: 'info', step: 'load', text });
  for (const text of ['first', 'second']) for (const runId of [refused, written, good.id]) add(runId, text);
  await writer.flush();
  expect(await textsOf(written)).toEqual(['first', 'second']);
  expect((await textsOf(good.id)).slice(-2)).toEqual(['first', 'second']);
  expect(await textsOf(refused)).toEqual([]);
  await millrace.metadata.query('drop function refuse cascade');
  await writer.close(); // it still has them
  expect(await textsOf(refused)).toEqual(['first', 'second']);
  await millrace.metadata.query('delete from run_logs where run_id = $1 and text = any($2)', [good.id, ['first', 'second']]);
  await db.destroy();
});

test('a process that is frozen in the middle of its lines keeps those of others, and the end of the run, back for seconds only', async () => {
  const run = { workspaceId: 'wsp_default', runId: newId('run'), level: 'info', step: 'load' } as const;
  const url = new URL(millrace.metadata.url);
  await using way = await tcpProxy(Number(url.port));
  const [host = '', port = ''] = way.address.split(':');
  const db = await openMetadata(Object.assign(new URL(url), { hostname: host, port }).href);
  const locked = new Promise<void>((resolve) =>
    db.on('query-response', (_response, { sql }: { readonly sql: string }) => {
      if (!sql.includes('pg_advisory_xact_lock')) return;
      way.delay(60_000);
      resolve();
    }),
  );
  const frozen = new RunLogWriter(db);
  frozen.add({ ...run, text: 'of the frozen one' });
  const held = frozen.flush();
  await locked;
  const otherDb = await openMetadata(url.href);
  const other = new RunLogWriter(otherDb);
  other.add({ ...run, text: 'of the other one' });
  await other.close();
  expect(await textsOf(run.runId)).toEqual(['of the other one']);
  way.delay(0);
  await way.cut(0); // it wakes up, and its connection is gone
  db.removeAllListeners('query-response');
  await held;
  await frozen.close();
  expect(await textsOf(run.runId)).toEqual(['of the other one', 'of the frozen one']);
  await Promise.all([db.destroy(), otherDb.destroy()]);
});

test('as text it is a file, with the filters', async () => {
  const answer = await fetch(`${millrace.apiUrl}/v1/runs/${failing.id}/logs?format=text&level=error&limit=1`, {
    headers: { authorization: `Bearer ${millrace.apiKey}` },
  });
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${failing.id}.log"`);
  const text = (await answer.text()).trimEnd().split('\n');
  expect(text).toHaveLength((await lines(failing.id, '?level=error')).length);
  for (const line of text) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ERROR (prepare|finish)/);
});

test('what is wrong with a request is said, and other runs have logs of their own', async () => {
  const refused = await millrace.call('GET', `/v1/runs/${good.id}/logs?level=loud`);
  expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', errors: [{ path: 'level' }] } });
  expect((await millrace.call('GET', `/v1/runs/run_${'0'.repeat(26)}/logs`)).status).toBe(404);
});

test('I12: a password stands in no line', async () => {
  const url = new URL(millrace.source.url);
  url.password = PASSWORD;
  url.username = 'nobody_here';
  const run = await millrace.sync(
    await millrace.connect([{ name: 'public.orders', mode: 'full_refresh_overwrite' }], { source: url.href }),
  );
  expect(run.status).toBe('failed');
  const told = await lines(run.id);
  expect(told.at(-1)).toMatchObject({ level: 'error', step: 'finish', text: expect.stringContaining('connector.') });
  expect(JSON.stringify(await millrace.metadata.query('select * from run_logs'))).not.toContain(PASSWORD);
});

test('old lines are removed when an API process starts, younger ones stay', async () => {
  await millrace.metadata.query(`update run_logs set at = now() - interval '31 days' where run_id = $1`, [good.id]);
  await using _second = await millrace.secondApi();
  await waitFor(async () => (await lines(good.id)).length === 0, { what: 'the old lines are gone' });
  expect((await lines(failing.id)).length).toBeGreaterThan(6);
});
