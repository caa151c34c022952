import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StackProcess, startStackProcess } from '../support/millrace-process.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { dumpTables, filesBelow, historiesHolding } from './support/planted.js';

/** I12: passwords are planted wherever a user may write one, runs succeed and fail with them, and then everything is searched. */

const MARK = `canary${randomBytes(6).toString('hex')}`;
/** Letters that every encoding writes in another way; the mark stays readable in all of them. */
const PASSWORD = `${MARK}@/ %"'é`;
const WRONG = `${MARK}-wrong`;
const ROLE = `role_${randomBytes(4).toString('hex')}`;

let home: TempHome;
let stack: StackProcess;
let source: TestDatabase;
let destination: TestDatabase;
const answers: string[] = [];
const connections: string[] = [];

beforeAll(async () => {
  [home, source, destination] = await Promise.all([tempHome('secrets'), freshDatabase('src'), freshDatabase('dst')]);
  await source.query(`create role ${ROLE} superuser login password ${pg.escapeLiteral(PASSWORD)};
    create table good (id int primary key, note text); create table bad (id int primary key, note text);
    insert into good select i, 'n' from generate_series(1, 100) i; insert into bad select * from good`);
  stack = await startStackProcess(home.path, { env: { MILLRACE_LOG_LEVEL: 'debug' } });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await destination.drop();
  await source.query(`drop owned by ${ROLE}`);
  await source.query(`drop role ${ROLE}`);
  await source.drop();
  await home[Symbol.asyncDispose]();
});

/** Every answer is kept, to be searched at the end. */
async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, never> }> {
  const answer = await fetch(`${stack.facts.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stack.apiKey}`,
      'if-match': '*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  answers.push(`${method} ${path}\n${[...answer.headers].join('\n')}\n${text}`);
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

const url = (database: TestDatabase, password: string, port?: string): string => {
  const made = new URL(database.url);
  made.username = ROLE;
  made.password = encodeURIComponent(password);
  if (port !== undefined) made.port = port;
  return made.href;
};

const fields = (database: TestDatabase, password: string): object => {
  const { hostname, port, pathname } = new URL(database.url);
  return { host: hostname, port: Number(port), user: ROLE, password, database: pathname.slice(1) };
};

async function create(kind: 'sources' | 'destinations', name: string, config: object): Promise<string> {
  const made = await call('POST', `/v1/${kind}`, { name, connector: 'postgres', config });
  expect(made.status).toBe(201);
  return made.body['id']!;
}

async function run(sourceId: string, destinationId: string, streams: readonly object[]): Promise<string> {
  const connection = await call('POST', '/v1/connections', { name: 'c', sourceId, destinationId, streams });
  expect(connection.status, answers.at(-1)).toBe(201);
  connections.push(connection.body['id']!);
  const ended = await call('POST', `/v1/connections/${connection.body['id']}/syncs?wait=60s`, {});
  await call('GET', `/v1/connections/${connection.body['id']}/state`);
  await call('GET', `/v1/runs/${ended.body['id']}/streams`);
  return ended.body['status']!;
}

const stream = (table: string, more: object = {}): object => ({
  ...{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' },
  target: { table: `${table}_${randomBytes(4).toString('hex')}` },
  ...more,
});

test('runs and probes succeed and fail with planted passwords', async () => {
  const [good, goodTarget] = await Promise.all([
    create('sources', 'by url', { url: url(source, PASSWORD) }),
    create('destinations', 'by fields', fields(destination, PASSWORD)),
  ]);
  const [wrong, wrongTarget, closed] = await Promise.all([
    create('sources', 'wrong', fields(source, WRONG)),
    create('destinations', 'wrong', { url: url(destination, WRONG) }),
    create('sources', 'closed', { url: url(source, PASSWORD, '1') }),
  ]);
  const outcomes = await Promise.all([
    run(good, goodTarget, [stream('good')]),
    run(good, goodTarget, [stream('good'), stream('bad', { sql: 'select id, cast(note as int) as note from input' })]),
    run(good, goodTarget, [stream('good', { mode: 'full_refresh_overwrite' }), stream('absent')]),
    run(wrong, goodTarget, [stream('good')]),
    run(good, wrongTarget, [stream('good')]),
    run(closed, goodTarget, [stream('good')]),
  ]);
  expect(outcomes).toEqual(['succeeded', 'partial', 'partial', 'failed', 'failed', 'failed']);
  for (const id of [good, wrong, closed]) {
    await call('POST', `/v1/sources/${id}/check`);
    await call('POST', `/v1/sources/${id}/discover`);
    await call('GET', `/v1/sources/${id}`);
    await call('GET', `/v1/sources/${id}/streams/public.good/preview`);
    await call('POST', `/v1/sources/${id}/query`, { sql: 'select cast(note as int) as n from public.good' });
  }
  await call('POST', `/v1/destinations/${wrongTarget}/check`);
  for (const id of connections) await call('POST', `/v1/connections/${id}/plan`, {});
  await call('PATCH', `/v1/sources/${wrong}`, { config: { ...fields(source, WRONG), database: 'nowhere' } });
  await Promise.all(['sources', 'destinations', 'connections', 'runs'].map((kind) => call('GET', `/v1/${kind}`)));
}, 90_000);

test.each([
  ['a URL of another kind', { url: `mysql://u:${MARK}@h/d` }],
  ['a URL that is none', { url: `postgresql://u:${MARK}@[/d` }],
  ['a URL with a port that is none', { url: `postgresql://u:${MARK}@h:99999/d` }],
  ['a URL with half an escape', { url: `postgresql://u:%${MARK}@h/d` }],
  ['a field that does not exist', { host: 'h', passwort: MARK }],
  ['a password of the wrong type', { host: 'h', password: { text: MARK } }],
])('%s is refused without being repeated', async (_, config) => {
  const refused = await call('POST', '/v1/sources', { name: 's', connector: 'postgres', config });
  expect(refused.status).toBe(422);
  expect(answers.at(-1)).not.toContain(MARK);
});

test('a body that is no JSON is refused without being repeated', async () => {
  expect((await call('POST', '/v1/sources', `{"config": {"password": "${MARK}" oops`)).status).toBe(400);
  expect(answers.at(-1)).not.toContain(MARK);
});

test('no answer, log or message holds them', () => {
  expect(stack.output()).toContain('"level"');
  expect(answers.filter((answer) => answer.includes(MARK))).toEqual([]);
  expect(
    stack
      .output()
      .split('\n')
      .filter((line) => line.includes(MARK)),
  ).toEqual([]);
});

test('no workflow history holds them', async () => {
  const { searched, holding } = await historiesHolding(stack.facts.temporalAddress, MARK);
  expect(searched).toBeGreaterThan(15);
  expect(holding).toEqual([]);
  const what = await historiesHolding(stack.facts.temporalAddress, 'public.good'); // what is no secret can be found
  expect(what.holding.filter((id) => id.startsWith('sync/'))).not.toEqual([]);
});

test('the metadata holds them only sealed', async () => {
  const dumps = await dumpTables(stack.facts.databaseUrl);
  expect(dumps.get('public.sources')).toContain('by url');
  expect([...dumps].filter(([, dump]) => dump.includes(MARK))).toEqual([]);
});

test('no file of the stack holds them: stage, logs, databases', async () => {
  await stack.kill('SIGTERM');
  const files = await filesBelow(home.path);
  expect(files.paths.some((path) => path.includes('/stage/'))).toBe(true);
  expect(await files.holding(ROLE)).not.toEqual([]); // what is no secret can be found
  expect(await files.holding(MARK)).toEqual([]);
});
