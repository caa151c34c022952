/**
 * The main job from end to end on real data: two connections, a first run, changes in the source, a second run that moves
 * only these, and a comparison of both sides.
 * @module
 */
import { MillraceError } from '../../platform/errors/error.js';
import type { Client } from '../../client/index.js';
import { connectTo } from '../api.js';
import type { RunningStack } from '../embedded/stack.js';
import { print, say } from '../output/report.js';
import { type Pipeline, comparisons, createPipelines } from './pipelines.js';
import { queryFile } from './file-content.js';
import { type EndedRun, runToEnd, tableOf } from './runs.js';
import {
  CHANGED_ORDERS,
  EVENTS,
  NEW_EVENTS,
  NEW_ORDERS,
  ORDERS,
  type Shop,
  changeShop,
  createShop,
  ensureDatabase,
  queryRows,
} from './shop.js';

interface Scene {
  readonly api: Client;
  readonly shop: Shop;
  readonly warehouseUrl: string;
  readonly schema: string;
  readonly pipelines: readonly Pipeline[];
}

/** @throws MillraceError when a run does not succeed, or source and destination differ */
export async function playQuickstart(stack: RunningStack): Promise<void> {
  const scene = await setTheScene(stack);
  say('\nFirst run: everything is new.\n');
  const first = await runAll(scene);
  say(`\nChanging ${CHANGED_ORDERS} orders; adding ${NEW_ORDERS} orders and ${NEW_EVENTS} events.`);
  await changeShop(scene.shop);
  say('Second run of the shop: only what changed moves.\n');
  const second = await runAll({ ...scene, pipelines: scene.pipelines.slice(1) });
  expectOnlyChanges(second);
  await compare(scene);
  announceRuns(stack, [...first, ...second]);
}

async function setTheScene(stack: RunningStack): Promise<Scene> {
  if (stack.demoUrl === undefined) throw noDemoDatabase();
  const api = await connectTo(stack.facts);
  const suffix = await freeSuffix(stack.demoUrl);
  const shop: Shop = { url: stack.demoUrl, schema: `shop${suffix}` };
  const warehouseUrl = await ensureDatabase(stack.demoUrl, 'warehouse');
  await createShop(shop);
  say(`Made a shop with 500 customers, ${ORDERS.toLocaleString('en-US')} orders and ${EVENTS.toLocaleString('en-US')} events.`);
  const schema = `raw${suffix}`;
  const pipelines = await createPipelines(api, { shop, warehouseUrl, schema, suffix: suffix.replace('_', '-') });
  say('Made two connections over the REST API: files → warehouse, shop → warehouse.');
  return { api, shop, warehouseUrl, schema, pipelines };
}

/** Empty in a new home; in one that has seen a quickstart, the next number. */
async function freeSuffix(demoUrl: string): Promise<string> {
  const schemas = await queryRows(demoUrl, "select 1 from pg_namespace where nspname ~ '^shop(_[0-9]+)?$'");
  return schemas.length === 0 ? '' : `_${schemas.length + 1}`;
}

async function runAll({ api, pipelines }: Scene): Promise<readonly EndedRun[]> {
  const before = performance.now();
  const runs = await Promise.all(pipelines.map(({ connectionId }) => runToEnd(api, connectionId)));
  const modes = Object.assign({}, ...pipelines.map((pipeline) => pipeline.modes)) as Record<string, string>;
  print(tableOf(runs, modes));
  say(`\n${runs.length === 1 ? '1 run' : `${runs.length} runs`}, ${((performance.now() - before) / 1000).toFixed(1)} s`);
  return runs;
}

function expectOnlyChanges(runs: readonly EndedRun[]): void {
  const loaded = Object.fromEntries(
    runs.flatMap((run) => run.streams).map(({ name, rows }) => [name.split('.').at(-1), rows.loaded]),
  );
  const expected = { customers: 0, orders: CHANGED_ORDERS + NEW_ORDERS, events: NEW_EVENTS };
  for (const [stream, rows] of Object.entries(expected)) {
    if (loaded[stream] !== rows) throw differs(`${stream}: ${rows} rows had changed, but ${loaded[stream]} were loaded.`);
  }
}

/** Counts and hashes of both sides, by SQL. */
async function compare({ shop, warehouseUrl, schema }: Scene): Promise<void> {
  say('\nComparing source and warehouse by a hash over all rows:');
  for (const { stream, expected, actual, file } of comparisons(shop, schema)) {
    const [source] = await (file
      ? queryFile<Content>({ url: shop.url, table: stream, file, query: expected })
      : queryRows<Content>(shop.url, expected));
    const [target] = await queryRows<Content>(warehouseUrl, actual);
    if (!source || source.rows !== target?.rows || source.hash !== target.hash) {
      throw differs(`${stream}: ${source?.rows} rows in the source, ${target?.rows} in the warehouse, or other contents.`);
    }
    say(`  ✓ ${stream}: ${source.rows.toLocaleString('en-US')} rows, equal`);
  }
}

interface Content {
  readonly rows: number;
  readonly hash: string;
}

function announceRuns({ facts }: RunningStack, runs: readonly EndedRun[]): void {
  say(`\nEvery run is a Temporal workflow (UI: ${facts.temporalUiUrl ?? 'see MILLRACE_TEMPORAL_UI_URL'}):`);
  for (const run of runs) say(`  ${run.id}  ${run.temporalUrl ?? ''}`.trimEnd());
}

function differs(detail: string): MillraceError {
  return new MillraceError('engine.internal', {
    detail,
    suggestion: 'This should never happen. Report it with the lines above.',
  });
}

function noDemoDatabase(): MillraceError {
  return new MillraceError('setup.invalid', {
    detail: 'The quickstart makes its demo data in its own Postgres, but DATABASE_URL names another.',
    path: 'DATABASE_URL',
    suggestion: 'Unset DATABASE_URL.',
  });
}
