/**
 * Records histories of real runs for `test/replay`: starts a stack of its own in a temporary home, runs what is to be
 * recorded, and writes one file for each workflow. After a change of workflow code that is meant to break old histories:
 *
 *   npm run build && node scripts/record-histories.mjs
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import pg from 'pg';
import { dataConverter } from '../dist/platform/temporal/payload-codec.js';
import { apiOf, startStack, until } from './own-stack.mjs';

const FOLDER = fileURLToPath(new URL('../test/replay/', import.meta.url));
/** Small, so that a few thousand rows are many slices. */
const SLICE_BYTES = '40000';

/** Host, process and machine are nobody's business, and replay does not look at them. */
function withoutMachine(history) {
  return JSON.parse(history, (key, value) => {
    if (key === 'identity') return 'worker';
    if (key === 'taskQueue' && value?.normalName) return { ...value, name: 'sticky' };
    return value;
  });
}

async function run({ api, database, target, client, connect }) {
  const histories = new Map();
  const keep = async (name, workflowId, runId) => {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.set(name, withoutMachine(historyToJSON(history)));
  };
  const sync = (id) => api('POST', `/v1/connections/${id}/syncs?wait=60s`, {});

  const transformed = await connect([
    { name: 'public.people', mode: 'full_refresh_overwrite', sql: 'select id, upper(name) as name from input where id > 10' },
  ]);
  await keep('sync-transform', (await sync(transformed)).workflowId);

  // compared after the load: one stream as a whole, one that loads nothing; then what was asked for
  const verified = await connect([
    { name: 'public.people', mode: 'full_refresh_overwrite', verify: 'hash', target: { table: 'verified' } },
    { name: 'public.none', mode: 'incremental_append', cursorField: 'id', verify: 'count' },
  ]);
  await keep('sync-verified', (await sync(verified)).workflowId);
  await target.query("update verified set name = 'x' where id = 1");
  await keep('verify', (await api('POST', `/v1/connections/${verified}/verify?wait=60s`, {})).workflowId);

  const sliced = await connect([{ name: 'public.events', mode: 'incremental_append', cursorField: 'id' }]);
  await keep('sync-many-slices', (await sync(sliced)).workflowId);
  await keep('sync-nothing-new', (await sync(sliced)).workflowId);

  const several = await connect([
    { name: 'public.people', mode: 'incremental_deduped', cursorField: 'id', target: { table: 'people_merged' } },
    { name: 'public.people_bad', mode: 'full_refresh_overwrite', sql: 'select id, cast(name as integer) as name from input' },
    { name: 'public.absent', mode: 'full_refresh_overwrite' },
  ]);
  await keep('sync-partial', (await sync(several)).workflowId);

  // more streams than are read side by side: they begin in one step
  const together = await connect(
    ['people', 'people_bad', 'held', 'none', 'events'].map((table) => ({
      ...{ name: `public.${table}`, mode: 'incremental_append', cursorField: 'id' },
      target: { table: `${table}_together` },
    })),
  );
  await keep('sync-together', (await sync(together)).workflowId);

  const failing = await connect([{ name: 'public.absent', mode: 'full_refresh_overwrite', target: { table: 'never' } }]);
  await keep('sync-failed', (await sync(failing)).workflowId);

  // one connection that meets everything: run, queue, join, cancel both, pause, resume, change of position, schedule
  const busy = await connect([{ name: 'public.held', mode: 'incremental_append', cursorField: 'id' }]);
  await sync(busy);
  await database.query('begin; lock table held');
  const active = await api('POST', `/v1/connections/${busy}/syncs`, {});
  const queued = await api('POST', `/v1/connections/${busy}/syncs`, {});
  await api('POST', `/v1/connections/${busy}/syncs`, {});
  await api('PATCH', `/v1/connections/${busy}`, { schedule: { type: 'interval', every: '1s' } });
  const refused = await until(() => tickOf(client, busy, 'refused'), 'a tick was refused');
  await api('POST', `/v1/runs/${queued.id}/cancel`);
  await api('POST', `/v1/runs/${active.id}/cancel`);
  await api('GET', `/v1/runs/${active.id}?wait=60s`);
  await database.query('rollback');
  const ended = await until(() => tickOf(client, busy, 'ended'), 'a tick brought a run');
  await api('PATCH', `/v1/connections/${busy}`, { schedule: { type: 'manual' } });
  await api('POST', `/v1/connections/${busy}/pause`, { note: 'for a moment' });
  await until(async () => (await api('GET', `/v1/connections/${busy}/state`)).active === null, 'the connection is idle');
  await api('POST', `/v1/connections/${busy}/streams/public.held/reset`);
  await api('POST', `/v1/connections/${busy}/resume`);
  await keep('sync-cancelled', active.workflowId);
  await keep('tick-refused', ...refused);
  await keep('tick-ended', ...ended);
  await keep('connection', `connection/${busy}`);

  // a run that is so long that it goes on in a new history
  const long = await connect([
    { name: 'public.events', mode: 'incremental_append', cursorField: 'id', target: { table: 'events_long' } },
  ]);
  const args = [{ workspaceId: 'wsp_default', connectionId: long, maxHistoryEvents: 40 }];
  await client.workflow.start('connection', { workflowId: `connection/${long}`, taskQueue: 'millrace', args });
  const { workflowId: longId } = await sync(long);
  const runs = [];
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${longId}'` })) runs.push(runId);
  await keep('sync-continued', longId, runs.at(-1));
  await keep('sync-continuation', longId, runs.at(0));

  // steered: refreshed, backfilled, retried, lost and remembered
  const steered = await connect([
    { name: 'public.people', mode: 'incremental_deduped', cursorField: 'id', target: { table: 'steered' } },
  ]);
  const asked = async (body) => (await api('POST', `/v1/connections/${steered}/syncs?wait=60s`, body)).workflowId;
  await asked({});
  await keep('sync-refresh', await asked({ refresh: true }));
  await keep('sync-backfill', await asked({ backfill: { from: '10', to: '20' } }));
  await client.workflow.getHandle(`connection/${steered}`).terminate('lost');
  await sync(steered);
  await keep('connection-remembered', `connection/${steered}`);

  // a schedule that pauses itself, and goes on when a run succeeds
  const tripped = await connect([{ name: 'public.late', mode: 'full_refresh_overwrite' }]);
  await api('PATCH', `/v1/connections/${tripped}`, { schedule: { type: 'interval', every: '1s' }, pauseAfterFailures: 1 });
  await until(async () => (await api('GET', `/v1/connections/${tripped}`)).tripped !== null, 'the schedule paused itself');
  await database.query('create table late (id int primary key)');
  await sync(tripped);
  await until(async () => (await api('GET', `/v1/connections/${tripped}`)).tripped === null, 'the schedule goes on');
  await api('PATCH', `/v1/connections/${tripped}`, { schedule: { type: 'manual' } });
  await keep('connection-tripped', `connection/${tripped}`);

  for (const type of ['check', 'discover'])
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${type}'` })) await keep(type, workflowId);
  return histories;
}

/** A tick of the connection that came to this outcome: its workflow and run id. */
async function tickOf(client, connectionId, outcome) {
  const { info } = await client.schedule.getHandle(`connection/${connectionId}`).describe();
  for (const { action } of info.recentActions) {
    const { workflowId, firstExecutionRunId } = action.workflow;
    const handle = client.workflow.getHandle(workflowId, firstExecutionRunId);
    if ((await handle.describe()).status.name === 'COMPLETED' && (await handle.result()).outcome === outcome)
      return [workflowId, firstExecutionRunId];
  }
  return undefined;
}

async function record(home) {
  const { facts, stop } = await startStack(home, SLICE_BYTES);
  const url = new URL(facts.databaseUrl);
  url.pathname = '/demo';
  const database = new pg.Client({ connectionString: url.href });
  const connection = await Connection.connect({ address: facts.temporalAddress });
  const client = new Client({ connection, dataConverter });
  let target;
  try {
    await database.connect();
    await database.query(`create table people (id int primary key, name text); insert into people select i, 'p' || i from generate_series(1, 100) i;
      create table people_bad as select * from people; create table held as select * from people; create table none (id int primary key);
      create table events (id int primary key, note text); insert into events select i, repeat('n', 20) || i from generate_series(1, 5000) i;
      analyze`);
    await database.query('create database target');
    const api = apiOf(facts);
    const targetUrl = new URL(url);
    targetUrl.pathname = '/target';
    target = new pg.Client({ connectionString: targetUrl.href });
    await target.connect();
    const source = await api('POST', '/v1/sources', { name: 'shop', connector: 'postgres', config: { url: url.href } });
    const destination = await api('POST', '/v1/destinations', {
      name: 'warehouse',
      connector: 'postgres',
      config: { url: targetUrl.href },
    });
    await api('POST', `/v1/sources/${source.id}/check`);
    await api('POST', `/v1/sources/${source.id}/discover`);
    let made = 0;
    const connect = async (streams) =>
      (await api('POST', '/v1/connections', { name: `c${made++}`, sourceId: source.id, destinationId: destination.id, streams }))
        .id;
    return await run({ api, database, target, client, connect });
  } finally {
    await target?.end();
    await database.end();
    await connection.close();
    await stop();
  }
}

/** One event a line: what changed can be read in a diff. */
const textOf = ({ events }) => `{"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}\n`;

const home = mkdtempSync(join(tmpdir(), 'millrace-histories-'));
try {
  const histories = await record(home);
  for (const name of readdirSync(FOLDER)) if (name.endsWith('.json')) rmSync(join(FOLDER, name));
  for (const [name, history] of histories) {
    writeFileSync(join(FOLDER, `${name}.json`), textOf(history));
    console.log(`${name}: ${history.events.length} events`);
  }
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
