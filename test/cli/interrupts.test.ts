import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { type Outcome, runCli, startCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let millrace: Millrace;
let env: Record<string, string>;

beforeAll(async () => {
  millrace = await startMillrace();
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey };
  await millrace.source.query('create table a (id int primary key); insert into a select generate_series(1, 10)');
});
afterAll(() => millrace[Symbol.asyncDispose]());

const cli = (...args: string[]): Promise<Outcome> => runCli(args, { env });

/** A client of its own, whose transaction keeps everybody else from a table, or from writing to it, until it ends. */
async function holdTable(url: string, table: string, mode = 'access exclusive'): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`begin; lock table ${table} in ${mode} mode`);
  return { [Symbol.asyncDispose]: () => client.end() };
}

test('the second Ctrl-C leaves a run to end by itself, and says how to look again and how to cancel', async () => {
  const id = await millrace.connect([{ name: 'public.a', mode: 'incremental_append', cursorField: 'id' }]);
  await using held = await holdTable(millrace.source.url, 'a');
  const running = startCli(['sync', id, '--json'], { env });
  await waitFor(() => /^run 1 running/m.test(running.stderr()), { what: 'the run is seen running' });
  const [run] = JSON.parse((await cli('runs', 'list', id, '--json')).stdout).data as { id: string }[];
  const watched = startCli(['runs', 'watch', run?.id ?? ''], { env });
  await waitFor(() => /^run 1 running/m.test(watched.stderr()), { what: 'the run is watched' });

  watched.interrupt();
  expect(await watched.outcome).toMatchObject({ code: EXIT.interrupted, stdout: '' });
  expect(watched.stderr()).toContain(`Left run 1 (running) to itself.\n  Look again: millrace runs watch ${run?.id}`);

  const unended = await holdTable(millrace.metadata.url, 'runs', 'exclusive'); // else the run may end before the second key
  running.interrupt();
  await waitFor(() => running.stderr().includes('Cancelling run 1'), { what: 'the first is told' });
  const left = waitFor(
    () => {
      running.interrupt(); // a key that is pressed again at once counts as the same
      return running.stderr().includes('Left run 1');
    },
    { what: 'the second leaves', everyMs: 200 },
  );
  const { code, stdout, stderr } = await running.outcome;
  await left;
  expect({ code, stdout }).toEqual({ code: EXIT.interrupted, stdout: '' });
  expect(stderr).toContain(`Cancel it:  millrace runs cancel ${run?.id}`);

  await unended[Symbol.asyncDispose]();
  await held[Symbol.asyncDispose]();
  expect((await millrace.ended(run?.id ?? '')).status).toBe('cancelled');
  const retried = await cli('runs', 'retry', run?.id ?? '', '--json');
  expect(JSON.parse(retried.stdout)).toMatchObject({
    ok: true,
    data: { status: 'succeeded', streams: [{ rows: { loaded: 10 } }] },
  });
  const none = await cli('runs', 'cancel', run?.id ?? '');
  expect(none).toMatchObject({ code: EXIT.usage, stderr: expect.stringContaining('run.not_active') });
});

test('SIGTERM only stops waiting: the run goes on', async () => {
  const id = await millrace.connect([{ name: 'public.a', mode: 'full_refresh_overwrite', target: { table: 'b' } }]);
  await using held = await holdTable(millrace.source.url, 'a');
  const running = startCli(['sync', id], { env });
  await waitFor(() => /^run 1 running/m.test(running.stderr()), { what: 'the run is seen running' });
  running.terminate();
  expect(await running.outcome).toMatchObject({ code: EXIT.terminated, stderr: expect.stringContaining('Left run 1 (running)') });
  await held[Symbol.asyncDispose]();
  expect((await cli('runs', 'watch', id)).stdout).toMatch(/public\.a +succeeded +10 +10/);
});
