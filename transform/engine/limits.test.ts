import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openTrustedEngine } from '../../platform/duckdb/engine.js';
import { HOSTILE } from '../guard/fixtures/hostile.js';
import { closeTransformPool, runTransform, warmTransformPool } from './index.js';
import type { TransformJob } from './protocol.js';
import { superviseJob } from './supervise.js';

const LIMITS = { memoryMb: 600, deadlineMs: 20_000 };
let home: string;
let input: string;
let secret: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'millrace-limits-'));
  input = join(home, 'input.parquet');
  secret = join(home, 'secret.csv');
  await writeFile(secret, 'word\nopensesame\n');
  await using engine = await openTrustedEngine({ tempDirectory: home });
  await engine.run(`copy (select i::bigint as id, 'n' || i as name from range(50000) r(i)) to '${input}' (format parquet)`);
});
afterEach(closeTransformPool);
afterAll(() => rm(home, { recursive: true, force: true }));

/** Without the guard: what the other layers hold alone. */
async function runUnguarded(sql: string, limits = LIMITS, signal: AbortSignal = new AbortController().signal) {
  const workDir = await mkdtemp(join(home, 'work-'));
  const columns = [
    { column: 'id', stage: 'BIGINT' },
    { column: 'name', stage: 'VARCHAR' },
  ];
  const job: TransformJob = {
    kind: 'run',
    sql,
    inputs: [input],
    columns,
    workDir,
    outputPath: join(workDir, 'out.parquet'),
    engineMemoryMb: 512,
  };
  try {
    return await superviseJob(job, limits, signal);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

const children = (): string => execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' });

test.each([
  `select * from read_text('%')`,
  `select * from '%'`,
  `select * from read_csv('%')`,
  `select * from glob('%')`,
  `select * from sniff_csv('%')`,
  `select * from query('select * from read_text(''%'')')`,
  `select 1 as a; copy (select 1) to '%2'`,
  `select 1 as a; attach '%2' as x`,
  `select 1 as a; set enable_external_access = true`,
  `select 1 as a; set allowed_directories = ['/']`,
  `select 1 as a; reset lock_configuration`,
  `select 1 as a; load httpfs`,
  `select 1 as a; create or replace view _millrace_result as select * from read_text('%')`,
  `select 1 as a; create or replace macro read_parquet(x) as table select * from read_text('%')`,
  `select 1 as a; set allowed_paths = ['%']`,
])('the lock alone holds: %s', async (template) => {
  const sql = template.replaceAll('%', secret);
  const error: unknown = await runUnguarded(sql).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'MillraceError' });
  expect(JSON.stringify(error)).not.toContain('opensesame');
  expect((await readdir(home)).sort()).toEqual(['input.parquet', 'secret.csv']);
});

test('no probe that names a file reads it or writes one when the guard is left out', async () => {
  const probes = Object.values(HOSTILE)
    .flat()
    .filter((sql) => /\/data\/a\.csv|\/etc\/passwd/.test(sql));
  expect(probes.length).toBeGreaterThan(40);
  for (const sql of probes) {
    const result: unknown = await runUnguarded(sql.replaceAll('/data/a.csv', secret).replaceAll('/etc/passwd', secret)).catch(
      (thrown: unknown) => thrown,
    );
    expect(JSON.stringify(result)).not.toContain('opensesame');
  }
  expect((await readdir(home)).sort()).toEqual(['input.parquet', 'secret.csv']);
}, 120_000);

test.each([
  [`select length(repeat('x', 2000000000)) as n`],
  [`select * from unnest(range(0, 1000000000))`],
  [`select max(len(string_split(repeat('a,', 500000000), ','))) as n from input`],
])(
  'a memory bomb is killed: %s',
  async (sql) => {
    await expect(runUnguarded(sql)).rejects.toMatchObject({ code: 'transform.limit_exceeded' });
    await expect(runUnguarded('select 1 as alive')).resolves.toMatchObject({ rowsOut: 1 });
  },
  30_000,
);

test('a query without end stops at the deadline', { timeout: 30_000 }, async () => {
  await expect(
    runUnguarded('select count(*) as n from input a, input b where a.id > b.id + 1', { ...LIMITS, deadlineMs: 700 }),
  ).rejects.toMatchObject({
    code: 'transform.limit_exceeded',
    message: 'It took longer than 0.7 s.',
  });
});

test('a cancelled transform ends with the reason of the signal, and leaves nothing', { timeout: 30_000 }, async () => {
  const controller = new AbortController();
  const reason = new Error('stopped by the user');
  const running = runTransform({
    sql: 'select count(*) as n from input a, input b, input c where a.id > b.id + c.id',
    inputs: [input],
    columns: [{ name: 'id', column: 'id', stage: 'BIGINT', type: 'int64', nullable: true }],
    outputPath: join(home, 'cancelled.parquet'),
    tempDir: home,
    signal: controller.signal,
  });
  const settled = running.catch((thrown: unknown) => thrown);
  await vi.waitFor(async () => expect((await readdir(home)).some((name) => name.startsWith('transform-'))).toBe(true), {
    timeout: 20_000,
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  controller.abort(reason);
  expect(await settled).toBe(reason);
  expect((await readdir(home)).sort()).toEqual(['input.parquet', 'secret.csv']);
  expect(children()).not.toContain('transform/engine/child');
});

test('SQL that crashes DuckDB harms only the child', async () => {
  const sql = `select * from enable_logging(storage='file', storage_config={'path': '${join(home, 'log')}'})`;
  await runUnguarded(sql).catch(() => undefined);
  await expect(runUnguarded('select 1 as alive')).resolves.toMatchObject({ rowsOut: 1 });
  await rm(join(home, 'log'), { recursive: true, force: true });
});

test('a child dies with its parent, in the middle of a statement', { timeout: 60_000 }, async () => {
  const engine = new URL('../../dist/transform/engine/index.js', import.meta.url).href;
  const request = {
    sql: 'select count(*) as n from input a, input b, input c where a.id > b.id + c.id',
    inputs: [input],
    columns: [{ name: 'id', column: 'id', stage: 'BIGINT', type: 'int64', nullable: true }],
    outputPath: join(home, 'orphan.parquet'),
    tempDir: await mkdtemp(join(home, 'orphan-')),
  };
  const script = `import { runTransform } from '${engine}'; await runTransform({ ...${JSON.stringify(request)}, signal: new AbortController().signal });`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const childrenOf = (pid: number | undefined) =>
    execFileSync('sh', ['-c', `ps -o pid= --ppid ${pid} || true`], { encoding: 'utf8' }).trim();
  await vi.waitFor(async () => expect(await readdir(request.tempDir)).not.toEqual([]), { timeout: 30_000 });
  const orphan = childrenOf(parent.pid);
  expect(orphan).toMatch(/^\d+$/);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await vi.waitFor(() => expect(() => process.kill(Number(orphan), 0)).toThrow(/ESRCH/), { timeout: 20_000 });
  await rm(request.tempDir, { recursive: true });
});

test('a child serves several jobs, one waits idle, and closing leaves none', async () => {
  warmTransformPool();
  await Promise.all([1, 2, 3, 4].map((n) => runUnguarded(`select ${n} as n`)));
  expect(children().match(/transform\/engine\/child/g)).toHaveLength(1);
  await closeTransformPool();
  expect(children()).not.toContain('transform/engine/child');
});
