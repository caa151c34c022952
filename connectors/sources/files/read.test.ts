import { appendFile, chmod, mkdir, rename, symlink, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workbench, values } from './fixtures/workbench.js';
import source from './index.js';

let bench: Workbench;

beforeEach(async () => {
  bench = await Workbench.open();
});
afterEach(() => bench[Symbol.asyncDispose]());

const csv = { name: 's', path: '**/*.csv', format: 'csv' };
const ids = (result: { rows: readonly Record<string, unknown>[] }) => values(result as never).map(([id]) => id);

test('a full read goes by path, in slices of whole files, and resumes behind any of them', async () => {
  for (const name of ['c', 'a', 'b/a', 'b']) await bench.put(`${name}.csv`, `id\n"${name}"\n`);
  const whole = await bench.read(csv, { sliceBytes: 1 });
  expect(ids(whole)).toEqual(['a', 'b', 'b/a', 'c']);
  expect(whole.positions).toEqual([
    { kind: 'scan', scan: { by: ['path'], after: ['a.csv'] } },
    { kind: 'scan', scan: { by: ['path'], after: ['b.csv'] } },
    { kind: 'scan', scan: { by: ['path'], after: ['b/a.csv'] } },
    { kind: 'end' },
  ]);
  for (const [index, position] of whole.positions.entries()) {
    expect(ids(await bench.read(csv, { position }))).toEqual(['a', 'b', 'b/a', 'c'].slice(index + 1));
  }
});

test('a full read whose last files are gone ends; one that finds no file at all fails', async () => {
  await bench.put('a.csv', 'id\n1\n');
  const resumed = await bench.read(csv, { position: { kind: 'scan', scan: { by: ['path'], after: ['z.csv'] } } });
  expect(resumed).toMatchObject({ rows: [], positions: [{ kind: 'end' }], done: true });
  const request = await bench.request(bench.context([csv]));
  const nothing = bench.read({ ...csv, path: 'nothing*.csv' }, { stream: request.stream, fields: request.fields });
  await expect(nothing).rejects.toMatchObject({ code: 'source.stream_missing' });
});

test('an incremental read takes every file once: new, changed, moved here with an old date', async () => {
  await bench.put('b.csv', 'id\n1\n');
  await sleep(20);
  await bench.put('a.csv', 'id\n2\n');
  const first = await bench.read(csv, { sync: 'incremental', sliceBytes: 1 });
  expect(ids(first)).toEqual(['1', '2']);
  expect(first.positions[0]).toMatchObject({
    kind: 'cursor',
    cursor: {
      type: 'token',
      field: '$arrival',
      value: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\|b\.csv$/) as string,
    },
  });
  const position = first.positions.at(-1);
  if (!position) throw new Error('no position');
  expect(await bench.read(csv, { sync: 'incremental', position })).toMatchObject({ rows: [], positions: [] });
  await appendFile(bench.path('b.csv'), '3\n');
  await bench.put('old.txt', 'id\n4\n', '2001-01-01');
  await rename(bench.path('old.txt'), bench.path('old.csv'));
  const second = await bench.read(csv, { sync: 'incremental', position });
  expect(ids(second)).toEqual(['1', '3', '4']);
  expect(await bench.read(csv, { sync: 'incremental', position: second.positions.at(-1) ?? position })).toMatchObject({
    rows: [],
  });
});

test('every mark of an incremental read resumes behind it', async () => {
  for (const name of ['c', 'a', 'b']) await bench.put(`${name}.csv`, `id\n"${name}"\n`, '2024-01-01');
  const whole = await bench.read(csv, { sync: 'incremental', sliceBytes: 1 });
  for (const [index, position] of whole.positions.entries()) {
    expect(ids(await bench.read(csv, { sync: 'incremental', position }))).toEqual(ids(whole).slice(index + 1));
  }
});

test('by modification: the date counts, equal dates go by path, and rights do not matter', async () => {
  const config = { changedBy: 'modification' };
  for (const [name, date] of [
    ['c', '2024-01-01'],
    ['b', '2024-01-02'],
    ['a', '2024-01-02'],
  ] as const)
    await bench.put(`${name}.csv`, `id\n"${name}"\n`, date);
  const first = await bench.read(csv, { sync: 'incremental', config });
  expect(ids(first)).toEqual(['c', 'a', 'b']);
  expect(first.positions).toEqual([
    { kind: 'cursor', cursor: { type: 'token', field: '$modification', value: '2024-01-02T00:00:00.000000000Z|b.csv' } },
  ]);
  await chmod(bench.path('c.csv'), 0o600);
  await utimes(bench.path('a.csv'), new Date('2024-01-03'), new Date('2024-01-03'));
  const position = first.positions.at(-1) ?? { kind: 'start' };
  expect(ids(await bench.read(csv, { sync: 'incremental', config, position }))).toEqual(['a']);
});

test('a position that counts something else is refused', async () => {
  await bench.put('a.csv', 'id\n1\n');
  const position = {
    kind: 'cursor',
    cursor: { type: 'token', field: '$modification', value: '2024-01-02T00:00:00.000000000Z|b.csv' },
  } as const;
  await expect(bench.read(csv, { sync: 'incremental', position })).rejects.toMatchObject({ code: 'source.cursor_unsupported' });
});

test('a file that is being written is waited for', async () => {
  await bench.put('a.csv', 'id\n1\n');
  const writing = (async () => {
    for (let n = 2; n <= 5; n += 1) {
      await sleep(300);
      await appendFile(bench.path('a.csv'), `${n}\n`);
    }
  })();
  const result = await bench.read(csv, { sync: 'incremental' });
  await writing;
  expect(ids(result)).toEqual(['1', '2', '3', '4', '5']);
});

test('a file that does not come to rest in time is left for the next run, or fails a full read', async () => {
  await bench.put('a.csv', 'id\n1\n');
  await sleep(1_100);
  const context = bench.context([csv]);
  const { stream, fields } = await bench.request(context);
  await bench.put('b.csv', 'id\n2\n');
  const result = await bench.read(csv, { stream, fields, sync: 'incremental', settleMs: 0 });
  expect(ids(result)).toEqual(['1']);
  expect(result.delayed).toEqual(['still being written: b.csv']);
  await appendFile(bench.path('b.csv'), '3\n');
  await expect(bench.read(csv, { stream, fields, settleMs: 0 })).rejects.toMatchObject({
    code: 'connector.transient',
    recovery: 'retry',
  });
});

test('links are followed below the root, and nothing outside it is read', async () => {
  await bench.put('real/a.csv', 'id\n1\n');
  await bench.put('../outside.csv', 'id\nsecret\n');
  await bench.put('../outside/b.csv', 'id\nsecret\n');
  await symlink(bench.path('real/a.csv'), bench.path('link.csv'));
  await symlink(bench.path('../outside.csv'), bench.path('evil.csv'));
  await symlink(bench.path('../outside'), bench.path('evil'));
  await symlink(bench.path('real'), bench.path('real/loop'));
  await symlink('/etc/passwd', bench.path('passwd.csv'));
  const result = await bench.read(csv);
  expect(new Set(ids(result))).toEqual(new Set(['1']));
  expect(bench.warnings.some((warning) => warning.includes('outside'))).toBe(true);
});

test('a look-alike beside the root is outside', async () => {
  await mkdir(`${bench.path('')}-evil`.replace('/-evil', '-evil'), { recursive: true });
  await bench.put('../root-evil/a.csv', 'id\nsecret\n');
  await bench.put('b.csv', 'id\n1\n');
  await symlink(bench.path('../root-evil/a.csv'), bench.path('a.csv'));
  expect(ids(await bench.read(csv))).toEqual(['1']);
});

test.each(['../a.csv', 'a/../../b.csv', '/etc/passwd', 'a\\b.csv'])('the path %s is refused by the configuration', (path) => {
  expect(() => bench.context([{ ...csv, path }])).toThrow(/must stay below root/);
});

test.each([
  [{ root: 'http://example.com/a' }, /a URL such as/],
  [{ root: '/data' }, /a URL such as/],
  [{ unknown: 1 }, /unknown/i],
])('the configuration %j is refused', (more, message) => expect(() => bench.context([csv], more)).toThrow(message));

test('check says what is there, and what is not', async () => {
  await bench.put('a.csv', 'id\n1\n');
  expect(await source.check(bench.context([csv]))).toMatchObject({ ok: true, facts: { s: '1 file, 5 bytes' } });
  await expect(source.check(bench.context([{ ...csv, path: '*.json' }]))).rejects.toMatchObject({
    code: 'source.stream_missing',
    path: 'config.streams[0].path',
  });
  await expect(source.check(bench.context([csv], { root: 'file:///no/such/folder' }))).rejects.toMatchObject({
    code: 'connector.invalid_config',
    path: 'config.root',
  });
});

test('discovery leaves out streams without files, unless they are asked for', async () => {
  await bench.put('a.csv', 'id\n1\n');
  const context = bench.context([csv, { name: 'none', path: '*.json', format: 'json' }]);
  const catalog = await source.discover(context);
  expect(catalog.streams).toEqual([
    {
      name: 's',
      fields: [{ name: 'id', type: 'int64', nullable: true }],
      cursorCandidates: [],
      sourceDefinedCursor: true,
      kind: 'files',
    },
  ]);
  await expect(source.discover(context, ['none'])).rejects.toMatchObject({ code: 'source.stream_missing', stream: 'none' });
  await expect(source.discover(context, ['other'])).rejects.toMatchObject({ code: 'source.stream_missing' });
});

test('a cancelled read stops with the reason of the signal', async () => {
  await bench.put('a.csv', 'id\n1\n');
  const controller = new AbortController();
  const context = bench.context([csv], {}, controller.signal);
  const request = await bench.request(context);
  await appendFile(bench.path('a.csv'), '2\n');
  const reading = (async () => {
    for await (const event of source.read(context, request)) void event;
  })();
  setTimeout(() => controller.abort(new Error('stopped')), 50);
  await expect(reading).rejects.toThrow(/stopped|aborted/);
});

test('a slice of empty files has its columns and no rows', async () => {
  await bench.put('a.csv', 'id\n1\n');
  await bench.put('b.csv', '');
  expect(await bench.read(csv, { sliceBytes: 1 })).toMatchObject({
    counted: [1, 0],
    positions: [{ kind: 'scan' }, { kind: 'end' }],
  });
});

test('only the wanted fields are read, in their order', async () => {
  await bench.put('a.csv', 'id,name,n\n1,x,7\n');
  const { stream } = await bench.request(bench.context([csv]));
  const fields = ['n', 'id']
    .map((name) => stream.fields.find((field) => field.name === name))
    .filter((field) => field !== undefined);
  expect(values(await bench.read(csv, { stream, fields }))).toEqual([['7', '1']]);
});
