import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StackProcess, startStackProcess } from '../support/millrace-process.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { type TempHome, tempHome } from '../support/temp-home.js';
import { dumpTables, filesBelow, historiesHolding } from './support/planted.js';

/**
 * I12 with references and after a rotation: passwords are planted in variables, files and the database, everything is asked
 * for that can be, and then everything is searched.
 */

const MARK = `canary${randomBytes(6).toString('hex')}`;
const PASSWORD = `${MARK}@/ %"'é`;
const ROLE = `role_${randomBytes(4).toString('hex')}`;

let home: TempHome;
let secrets: TempHome;
let stack: StackProcess;
let source: TestDatabase;
let destination: TestDatabase;
const answers: string[] = [];
const outputs: string[] = [];
const ids: Record<string, string> = {};

beforeAll(async () => {
  [home, secrets, source, destination] = await Promise.all([
    tempHome('references'),
    tempHome('secret-files'),
    freshDatabase('src'),
    freshDatabase('dst'),
  ]);
  await source.query(`create role ${ROLE} superuser login password ${pg.escapeLiteral(PASSWORD)};
    create table good (id int primary key, note text); insert into good select i, 'n' from generate_series(1, 100) i`);
  await writeFile(join(secrets.path, 'password'), `${PASSWORD}\n`);
  await writeFile(join(secrets.path, 'wrong'), `${MARK}-wrong\n`);
  await writeFile(join(secrets.path, 'nonsense'), `${MARK} is no URL`);
  await start();
}, 120_000);
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  await destination.drop();
  await source.query(`drop owned by ${ROLE}`);
  await source.query(`drop role ${ROLE}`);
  await source.drop();
  await Promise.all([home[Symbol.asyncDispose](), secrets[Symbol.asyncDispose]()]);
});

async function start(): Promise<void> {
  stack = await startStackProcess(home.path, {
    env: { MILLRACE_LOG_LEVEL: 'debug', MILLRACE_SECRET_FILES: secrets.path, CRM_URL: urlOf(source) },
  });
}

/** The keys of the file, one a line, and the stack started with them. */
async function restartWith(change: (keys: readonly string[]) => readonly string[]): Promise<void> {
  await stack.kill('SIGTERM');
  outputs.push(stack.output());
  const file = join(home.path, 'secret.key');
  const keys = (await readFile(file, 'utf8')).trim().split('\n');
  await writeFile(file, `${change(keys).join('\n')}\n`);
  await start();
}

interface Answered {
  readonly status: number;
  readonly body: Record<string, never>;
}

async function call(method: string, path: string, body?: unknown): Promise<Answered> {
  const answer = await fetch(`${stack.facts.apiUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stack.apiKey}`,
      'if-match': '*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const endless = answer.headers.get('content-type')?.includes('event-stream') === true;
  const text = endless ? await firstPart(answer) : await answer.text();
  answers.push(`${method} ${path}\n${[...answer.headers].join('\n')}\n${text}`);
  const isJson = answer.headers.get('content-type')?.includes('json') === true && text !== '';
  return { status: answer.status, body: isJson ? JSON.parse(text) : {} };
}

/** A stream of events is not read to its end. */
async function firstPart(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const part = await reader?.read();
  await reader?.cancel();
  return Buffer.from(part?.value ?? []).toString();
}

function urlOf(database: TestDatabase): string {
  const made = new URL(database.url);
  made.username = ROLE;
  made.password = encodeURIComponent(PASSWORD);
  return made.href;
}

const fieldsOf = (database: TestDatabase, password: unknown): object => {
  const { hostname, port, pathname } = new URL(database.url);
  return { host: hostname, port: Number(port), user: ROLE, password, database: pathname.slice(1) };
};

async function create(kind: 'sources' | 'destinations', name: string, config: object): Promise<string> {
  const made = await call('POST', `/v1/${kind}`, { name, connector: 'postgres', config });
  expect(made.status, answers.at(-1)).toBe(201);
  return made.body['id']!;
}

async function connect(name: string, sourceId: string, destinationId: string): Promise<string> {
  const streams = [{ name: 'public.good', mode: 'incremental_append', cursorField: 'id', target: { table: name } }];
  const made = await call('POST', '/v1/connections', { name, sourceId, destinationId, streams, keepStaged: '1d' });
  expect(made.status, answers.at(-1)).toBe(201);
  return made.body['id']!;
}

async function sync(id: string): Promise<{ id: string; status: string; code: string | undefined }> {
  const { body } = await call('POST', `/v1/connections/${id}/syncs?wait=60s`, {});
  return { id: body['id']!, status: body['status']!, code: (body['error'] as unknown as { code?: string } | null)?.code };
}

test('runs succeed and fail with passwords in variables, files and the database', async () => {
  const stored = await create('sources', 'stored', { url: urlOf(source) });
  const byFile = await create(
    'destinations',
    'by file',
    fieldsOf(destination, { ref: `file:${join(secrets.path, 'password')}` }),
  );
  const byVariable = await create('sources', 'by variable', { url: { ref: 'env:CRM_URL' } });
  const kept = await create('destinations', 'kept', fieldsOf(destination, PASSWORD));
  const wrong = await create('sources', 'wrong', fieldsOf(source, { ref: `file:${join(secrets.path, 'wrong')}` }));
  const nonsense = await create('sources', 'nonsense', { url: { ref: `file:${join(secrets.path, 'nonsense')}` } });
  const absent = await create('sources', 'absent', fieldsOf(source, { ref: 'env:NOT_THERE' }));
  Object.assign(ids, { sources: stored, destinations: byFile });
  ids['references'] = await connect('by_references', byVariable, byFile);
  ids['connections'] = await connect('by_seal', stored, kept);
  const run = await sync(ids['references']);
  expect(run).toMatchObject({ status: 'succeeded' });
  ids['runs'] = run.id;
  expect(await sync(ids['connections'])).toMatchObject({ status: 'succeeded' });
  expect(await sync(await connect('wrong', wrong, byFile))).toMatchObject({ status: 'failed', code: 'connector.auth_failed' });
  expect(await sync(await connect('nonsense', nonsense, byFile))).toMatchObject({
    status: 'failed',
    code: 'connector.invalid_config',
  });
  expect(await sync(await connect('absent', absent, byFile))).toMatchObject({ status: 'failed', code: 'secret.unresolved' });
  for (const id of [stored, byVariable, wrong, nonsense, absent]) {
    await call('POST', `/v1/sources/${id}/check`);
    await call('POST', `/v1/sources/${id}/discover`);
  }
  expect((await call('GET', `/v1/destinations/${byFile}`)).body).toMatchObject({
    config: { password: { ref: `file:${join(secrets.path, 'password')}` } },
  });
}, 120_000);

test('the key is rotated in the home, and the old one is not needed afterwards', async () => {
  const loaded = async (): Promise<unknown> => destination.query('select count(*)::int as rows from by_seal');
  await restartWith((keys) => [randomBytes(32).toString('base64'), ...keys]);
  const before = (await call('GET', '/v1/secrets')).body as unknown as { keys: { values: number }[] };
  expect(before.keys.map(({ values }) => values)).toEqual([0, expect.any(Number)]);
  const { body } = await call('POST', '/v1/secrets/rotate');
  expect(body).toMatchObject({ rotated: 2, remaining: 0, unreadable: [] });
  await source.query("insert into good values (101, 'n')");
  expect(await sync(ids['connections']!)).toMatchObject({ status: 'succeeded' });

  await restartWith(([current = '']) => [current]);
  const after = (await call('GET', '/v1/secrets')).body as unknown as { keys: object[] };
  expect(after.keys).toEqual([{ key: expect.any(String), values: 2, available: true }]);
  await source.query("insert into good values (102, 'n')");
  expect(await sync(ids['connections']!)).toMatchObject({ status: 'succeeded' });
  expect(await loaded()).toEqual([{ rows: 102 }]);
}, 180_000);

test('every answer that can be read is', async () => {
  const extra = await create('sources', 'deleted', { url: urlOf(source) });
  await call('DELETE', `/v1/sources/${extra}`);
  const document = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as { paths: Record<string, Record<string, unknown>> };
  const gets = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  expect(gets.length).toBeGreaterThan(30);
  for (const path of gets) {
    const collection = /^\/v1\/([\w-]+)/.exec(path)?.[1] ?? '';
    await call('GET', path.replace('{id}', ids[collection] ?? 'x').replace('{stream}', 'public.good'));
  }
  for (const kind of ['sources', 'destinations', 'connections']) await call('GET', `/v1/${kind}?deleted=true`);
  await call('GET', '/v1/connections?include=source,destination,lastRun');
  await call('GET', '/v1/audit?limit=200');
  expect(answers.some((answer) => answer.includes('env:CRM_URL'))).toBe(true); // what is no secret can be found
  expect(answers.filter((answer) => answer.includes(MARK))).toEqual([]);
});

test('no history, table, log line or file holds them', async () => {
  const { searched, holding } = await historiesHolding(stack.facts.temporalAddress, MARK);
  expect(searched).toBeGreaterThan(10);
  expect(holding).toEqual([]);
  const dumps = await dumpTables(stack.facts.databaseUrl);
  expect(dumps.get('public.sources')).toContain('env:CRM_URL');
  expect([...dumps].filter(([, dump]) => dump.includes(MARK))).toEqual([]);
  await stack.kill('SIGTERM');
  outputs.push(stack.output());
  const lines = outputs.flatMap((output) => output.split('\n'));
  expect(lines.filter((line) => line.includes('"level"')).length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.includes(MARK))).toEqual([]);
  const files = await filesBelow(home.path);
  expect(files.paths.some((path) => path.includes('/stage/'))).toBe(true);
  expect(await files.holding('env:CRM_URL')).not.toEqual([]);
  expect(await files.holding(MARK)).toEqual([]);
});
