/**
 * Takes the pictures of `docs/inspecting-runs.md`: starts a stack of its own in a temporary home, brings about what is to be
 * seen with small demo data, looks at it in the Temporal Web UI with Chromium, and writes PNG files to `docs/images`.
 *
 * It drives Chromium by playwright-core, which is no dependency of Millrace: install it anywhere outside the repository, and
 * name the folder.
 *
 *   npm install --prefix ~/screenshot-tools playwright-core
 *   npm run build && PLAYWRIGHT_FOLDER=~/screenshot-tools node scripts/screenshots.mjs [picture …]
 *
 * Chromium is taken from `CHROMIUM_PATH`, else from /usr/bin/chromium (Debian's package). Where `pngquant` is installed the
 * files become smaller. With names of pictures only those are written. `KEEP_STACK=1` leaves the stack up until Ctrl-C.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { dataConverter } from '../dist/platform/temporal/payload-codec.js';
import { apiOf, startStack, until } from './own-stack.mjs';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
/** Small, so that some hundred thousand rows are several slices. */
const SLICE_BYTES = '4000000';
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const VIEW = { width: 1280, height: 800 };
/** For lists with a few more columns. */
const WIDE = 1340;
/** The UI goes on drawing for a moment. */
const SETTLE_MS = 2_500;

/** A customer database, and what an order system would add to it over the years. */
const CRM = `
  create table customers (id int primary key, name text not null, country text not null, updated_at timestamptz not null);
  insert into customers select i, 'Customer ' || i, (array['DE','FR','US','BR'])[1 + i % 4], timestamptz '2026-01-01 08:00Z' + i * interval '3 min'
    from generate_series(1, 12000) i;
  create table orders (id int primary key, customer_id int not null, amount numeric(10,2) not null, updated_at timestamptz not null);
  insert into orders select i, 1 + i * 7 % 12000, (i * 37 % 50000) / 100.0, timestamptz '2026-01-01 08:00Z' + i * interval '21 s'
    from generate_series(1, 300000) i;
  create table page_views (id bigint primary key, path text not null, seen_at timestamptz not null);
  insert into page_views select i, '/product/' || i % 400, timestamptz '2026-02-01 00:00Z' + i * interval '2 s' from generate_series(1, 90000) i;
  create table leads (id int primary key, budget text, updated_at timestamptz not null);
  insert into leads select i, case when i = 731 then 'n/a' else (i * 10)::text end, timestamptz '2026-02-01 00:00Z' + i * interval '1 min'
    from generate_series(1, 900) i;
  create table invoices (id int primary key, total numeric(10,2) not null);
  insert into invoices select i, i * 1.19 from generate_series(1, 2000) i;
  analyze`;
const CUSTOMERS = { name: 'public.customers', mode: 'incremental_deduped', cursorField: 'updated_at' };
const ORDERS = {
  name: 'public.orders',
  mode: 'incremental_deduped',
  cursorField: 'updated_at',
  sql: 'select id, customer_id, amount, updated_at from input where amount > 0',
};
const PAGE_VIEWS = { name: 'public.page_views', mode: 'incremental_append', cursorField: 'id' };
const LEADS = {
  name: 'public.leads',
  mode: 'full_refresh_overwrite',
  sql: 'select id, cast(budget as integer) as budget from input',
};
const INVOICES = { name: 'public.invoices', mode: 'full_refresh_overwrite' };

/** Brings about what the pictures show. @returns the workflows to look at */
async function act({ api, crm, warehouse, client, connect }) {
  const sync = (id, body = {}) => api('POST', `/v1/connections/${id}/syncs?wait=120s`, body);
  const daily = await connect('crm to warehouse', [CUSTOMERS, ORDERS, PAGE_VIEWS]);
  const first = await sync(daily, { trigger: 'manual' });
  await crm.query(`update orders set amount = amount + 1, updated_at = now() where id % 500 = 0;
    insert into page_views select i, '/new', now() from generate_series(90001, 90400) i`);
  await sync(daily);

  const leads = await connect('leads', [LEADS, { ...CUSTOMERS, target: { table: 'lead_customers' } }]);
  const partial = await sync(leads, { trigger: 'manual' });

  // a schedule that runs, until somebody renames its table
  const invoices = await connect('invoices', [INVOICES]);
  await api('PATCH', `/v1/connections/${invoices}`, { schedule: { type: 'interval', every: '2s' }, pauseAfterFailures: 2 });
  const recent = async () => (await client.schedule.getHandle(`connection/${invoices}`).describe()).info.recentActions.length;
  await until(async () => (await recent()) >= 2, 'the schedule has started some runs');
  await crm.query('alter table invoices rename to invoices_2025');
  await until(async () => (await api('GET', `/v1/connections/${invoices}`)).tripped !== null, 'the schedule paused itself');
  const [failed] = (await api('GET', `/v1/runs?connectionId=${invoices}&limit=1`)).data;

  // somebody else's transaction holds a target table, and another run is asked for meanwhile
  await warehouse.query('begin; lock table orders');
  await crm.query('update orders set amount = amount + 1, updated_at = now() where id % 300 = 0');
  const blocked = await api('POST', `/v1/connections/${daily}/syncs`, {});
  await api('POST', `/v1/connections/${daily}/syncs`, { streams: ['public.customers'] });
  const tried = async () => {
    const { raw } = await client.workflow.getHandle(blocked.workflowId).describe();
    return raw.pendingActivities?.some(({ attempt }) => attempt > 2);
  };
  await until(tried, 'a load is tried again');
  return {
    first: first.workflowId,
    partial: partial.workflowId,
    failed: failed.workflowId,
    blocked: blocked.workflowId,
    connection: `connection/${daily}`,
    schedule: `connection/${invoices}`,
  };
}

/** Columns that people add by the gear below the list. */
const COLUMNS = ['Status', 'Workflow ID', 'MillraceOutcome', 'MillraceTrigger', 'MillraceRows'];

/** Each picture: address in the Web UI, text to wait for, part of the page. */
function pictures(ids, client) {
  const of = async (workflowId, view) => {
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    return `workflows/${encodeURIComponent(workflowId)}/${runId}/${view}`;
  };
  const list = (query) => async () => `workflows?query=${encodeURIComponent(query)}`;
  const top = (height) => (page) => ({ x: 0, y: 0, width: page.viewportSize().width, height });
  const under = async (page, text) => {
    const { y } = await page.getByText(text, { exact: true }).first().boundingBox();
    return { x: 64, y: y - 8, width: VIEW.width - 64, height: 410 };
  };
  return {
    list: { path: list('WorkflowType = "sync" AND MillraceSource = "crm"'), wait: ids.partial, width: WIDE, clip: top(570) },
    'list-failed': {
      path: list('MillraceOutcome = "failed" AND MillraceTrigger = "schedule"'),
      wait: ids.failed,
      width: WIDE,
      clip: top(400),
    },
    'run-succeeded': { path: () => of(ids.first, 'user-metadata'), wait: 'public.page_views' },
    'run-failed': { path: () => of(ids.failed, 'history'), wait: 'suggestion' },
    'run-partial': { path: () => of(ids.partial, 'user-metadata'), wait: 'transform.failed' },
    timeline: {
      path: () => of(ids.first, 'history'),
      wait: 'load public.orders',
      height: 1400,
      clip: (page) => under(page, 'Event History'),
    },
    'run-waiting': { path: () => of(ids.blocked, 'pending-activities'), wait: 'Heartbeat Details', height: 1060 },
    connection: { path: () => of(ids.connection, 'user-metadata'), wait: 'public.page_views' },
    schedule: {
      path: async () => `schedules/${encodeURIComponent(ids.schedule)}`,
      wait: 'paused itself',
      height: 1400,
      clip: top(1290),
    },
  };
}

async function photograph(browser, uiUrl, [name, { path, wait, width, height, clip }]) {
  const viewport = { ...VIEW, ...(width && { width }), ...(height && { height }) };
  const context = await browser.newContext({ viewport, colorScheme: 'light', locale: 'en-GB', timezoneId: 'UTC' });
  const columns = JSON.stringify({ default: COLUMNS.map((label) => ({ label })) });
  await context.addInitScript((value) => localStorage.setItem('namespace-workflow-table-columns', value), columns);
  const page = await context.newPage();
  try {
    await page.goto(`${uiUrl}/namespaces/default/${await path()}`);
    const contents = () => Promise.all(page.frames().map((frame) => frame.content().catch(() => '')));
    await until(async () => (await contents()).some((content) => content.includes(wait)), `${name} shows ${wait}`, 60_000);
    await page.waitForTimeout(SETTLE_MS);
    const file = join(FOLDER, `${name}.png`);
    await page.screenshot({ path: file, ...(clip && { clip: await clip(page) }) });
    return file;
  } finally {
    await context.close();
  }
}

/** Fewer colours, a third of the size; without the tool the picture stays as it is. */
function shrink(file) {
  try {
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--speed', '1', '--output', file, '128', file]);
  } catch {}
  console.log(`${file}: ${Math.round(statSync(file).size / 1024)} KB`);
}

function playwright() {
  const folder = process.env.PLAYWRIGHT_FOLDER;
  if (!folder) throw new Error('PLAYWRIGHT_FOLDER must name the folder where playwright-core is installed');
  return createRequire(join(folder, 'package.json'))('playwright-core');
}

async function take(home, wanted) {
  const { chromium } = playwright();
  const { facts, stop } = await startStack(home, SLICE_BYTES);
  const urlOf = (name) => Object.assign(new URL(facts.databaseUrl), { pathname: `/${name}` }).href;
  const admin = new pg.Client({ connectionString: urlOf('postgres') });
  const [crm, warehouse] = ['crm', 'warehouse'].map((name) => new pg.Client({ connectionString: urlOf(name) }));
  const connection = await Connection.connect({ address: facts.temporalAddress });
  const client = new Client({ connection, dataConverter });
  let browser;
  try {
    await admin.connect();
    await admin.query('create database crm');
    await admin.query('create database warehouse');
    await Promise.all([crm.connect(), warehouse.connect()]);
    await crm.query(CRM);
    const api = apiOf(facts);
    const made = async (kind, name) =>
      (await api('POST', `/v1/${kind}`, { name, connector: 'postgres', config: { url: urlOf(name) } })).id;
    const [sourceId, destinationId] = [await made('sources', 'crm'), await made('destinations', 'warehouse')];
    const connect = async (name, streams) =>
      (await api('POST', '/v1/connections', { name, sourceId, destinationId, streams })).id;
    const ids = await act({ api, crm, warehouse, client, connect });
    if (process.env.KEEP_STACK) console.log(JSON.stringify({ ui: facts.temporalUiUrl, api: facts.apiUrl, ids }, null, 1));
    mkdirSync(FOLDER, { recursive: true });
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      headless: true,
      args: CHROMIUM_FLAGS,
      handleSIGINT: false, // it would end this process before the stack is stopped
    });
    const all = Object.entries(pictures(ids, client)).filter(([name]) => wanted.length === 0 || wanted.includes(name));
    for (const picture of all) shrink(await photograph(browser, facts.temporalUiUrl, picture));
    if (process.env.KEEP_STACK) await once(process, 'SIGINT');
  } finally {
    await browser?.close();
    await Promise.all([admin, crm, warehouse].map((database) => database.end().catch(() => undefined)));
    await connection.close();
    await stop();
  }
}

const home = mkdtempSync(join(tmpdir(), 'millrace-screenshots-'));
try {
  await take(home, process.argv.slice(2));
} finally {
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
