import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { startMillrace } from '../support/millrace.js';
import { startProcess } from '../support/millrace-process.js';

const identities = async (millrace: { call(method: string, path: string): Promise<{ body: unknown }> }): Promise<string[]> => {
  const { data } = (await millrace.call('GET', '/v1/workers')).body as { data: { identity: string; startedAt: string | null }[] };
  return data.filter(({ startedAt }) => startedAt !== null).map(({ identity }) => identity);
};

test('a worker with a stage of its own takes no work, and says whose stage it has not', async () => {
  await using millrace = await startMillrace();
  const [first] = await identities(millrace);
  const elsewhere = join(millrace.stageDir, '..', 'elsewhere');
  await mkdir(elsewhere);
  await using refused = startProcess(['worker'], {
    env: { ...millrace.workerEnvironment(), MILLRACE_STAGE_URL: pathToFileURL(elsewhere).href },
  });
  expect(await refused.exited).toMatchObject({ code: EXIT.usage });
  expect(refused.output()).toContain(`${pathToFileURL(elsewhere).href} is not the stage of the worker ${first}`);
  expect(refused.output()).toMatch(/→ Give all workers the same bucket, or the same folder/);
  expect(refused.output()).not.toMatch(/\n\s+at /);
  expect(await identities(millrace)).toEqual([first]);
  expect(await readdir(join(elsewhere, '_workers'))).toEqual([]);
});

test('workers with one stage work side by side; one that was killed hinders nobody', async () => {
  await using millrace = await startMillrace({ worker: false });
  const first = await millrace.workerProcess();
  const second = await millrace.workerProcess();
  await first.kill('SIGKILL');
  const third = await millrace.workerProcess();
  expect(await identities(millrace)).toHaveLength(3); // the dead one for a minute
  for (const worker of [second, third]) await worker.kill('SIGTERM');
  expect(await identities(millrace)).toHaveLength(1);
  expect(await readdir(join(millrace.stageDir, '_workers'))).toHaveLength(1);
});
