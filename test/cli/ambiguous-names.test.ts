import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../cli/exit-codes.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { runCli } from './support/cli.js';

// each command is a process of its own, and slow where others use the processor, too
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const KINDS = ['sources', 'destinations', 'connections'] as const;

let millrace: Millrace;
let env: Record<string, string>;
/** The ids of the two that share a name, by kind. */
const ids: Record<string, readonly string[]> = {};

beforeAll(async () => {
  millrace = await startMillrace();
  env = { MILLRACE_URL: millrace.apiUrl, MILLRACE_API_KEY: millrace.apiKey, SOURCE_URL: millrace.source.url };
  await millrace.source.query('create table orders (id int primary key)');
  const made = async (kind: string, body: object): Promise<string> => (await millrace.call('POST', `/v1/${kind}`, body)).body.id;
  const system = (kind: string, name: string) =>
    made(kind, { name, connector: 'postgres', config: { url: millrace[kind === 'sources' ? 'source' : 'destination'].url } });
  for (const kind of ['sources', 'destinations']) ids[kind] = [await system(kind, 'twin'), await system(kind, 'twin')];
  const ends = { sourceId: ids['sources']?.[0], destinationId: ids['destinations']?.[0] };
  const connection = (schema: string) =>
    made('connections', {
      name: 'pair',
      ...ends,
      streams: [{ name: 'public.orders', mode: 'mirror', target: { schema, table: 'orders' } }],
    });
  ids['connections'] = [await connection('a'), await connection('b')];
  await system('destinations', 'only');
});
afterAll(() => millrace[Symbol.asyncDispose]());

const SYSTEMS = (noun: string) => [`${noun} show twin`, `${noun} test twin`, `${noun} rm twin --yes`];
const COMMANDS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  sources: [
    ...SYSTEMS('sources'),
    'discover twin',
    'preview twin public.orders',
    'query twin select-1',
    'connections add new --from twin --to only --stream public.orders',
    'copy twin only --stream public.orders',
  ],
  destinations: [
    ...SYSTEMS('destinations'),
    'connections add new --from env:SOURCE_URL --to twin --stream public.orders',
    'copy env:SOURCE_URL twin --stream public.orders',
  ],
  connections: [
    ...['show pair', 'rm pair --yes', 'pause pair', 'resume pair'].map((rest) => `connections ${rest}`),
    ...['sync pair', 'sync pair --dry-run', 'verify pair', 'export --connection pair --to never', 'preview pair public.orders'],
    ...['runs list pair', 'runs cancel pair/1', 'rejects list pair', 'state get pair', 'state reset pair public.orders --yes'],
    ...['schema show pair', 'schema accept pair public.orders', 'schema diff pair', 'transform preview pair public.orders'],
    'copy env:SOURCE_URL only --stream public.orders --keep pair',
  ],
};
const cases = KINDS.flatMap((kind) => COMMANDS[kind].map((line) => ({ kind, line })));

test.each(cases)('millrace $line refuses the name and says which ids have it', async ({ kind, line }) => {
  const { code, stdout } = await runCli([...line.split(' '), '--json'], { env });
  expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({
    code: EXIT.usage,
    answer: { ok: false, error: { code: 'request.conflict' } },
  });
  for (const id of ids[kind] ?? []) expect(stdout).toContain(id);
});

test('and nothing was made, changed or deleted', async () => {
  const counts = await Promise.all(
    KINDS.map(async (kind) => (await millrace.call('GET', `/v1/${kind}`)).body.data.length as number),
  );
  expect(counts).toEqual([2, 3, 2]);
  const { body } = await millrace.call('GET', '/v1/runs');
  expect(body.data).toEqual([]);
});

test('an id is enough', async () => {
  const { code, stdout } = await runCli(['connections', 'show', ids['connections']?.[1] ?? '', '--json'], { env });
  expect({ code, data: JSON.parse(stdout) as unknown }).toMatchObject({ code: EXIT.ok, data: { data: { name: 'pair' } } });
});
