import type { ScheduleUpdateOptions } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RestoreWindow } from '../../api/archive/archive.js';
import { ConnectionStore } from '../../api/connections/connection-store.js';
import { ScheduleKeeper } from '../../api/engine/schedules.js';
import { SearchAttributes } from '../../api/engine/search-attributes.js';
import { TemporalLink } from '../../api/engine/temporal-link.js';
import { underReconcileLock } from '../../api/schedules/reconcile-lock.js';
import { ScheduleReconciler } from '../../api/schedules/reconciler.js';
import { newId } from '../../platform/db/ids.js';
import { createLogger } from '../../platform/logger/logger.js';
import { servers } from '../support/servers.js';
import { createConnection } from './support/connections.js';
import { type Harness, type Reply, problemOf, startHarness } from './support/harness.js';
import { type TemporalSchedules, openSchedules } from './support/schedules.js';

/**
 * Drift between the metadata and Temporal, made by hand. The namespace is shared with every other test that runs: each of
 * them is a foreign installation.
 */

let api: Harness;
let temporal: TemporalSchedules;
let installation: string;
const created: string[] = [];

beforeAll(async () => {
  [api, temporal] = await Promise.all([startHarness(), openSchedules()]);
  installation = (await api.db('installation').first()).id;
});
afterEach(async () => {
  for (const id of created.splice(0)) {
    await api.call('DELETE', `/v1/connections/${id}`);
    await forget(id);
  }
});
afterAll(async () => {
  await temporal[Symbol.asyncDispose]();
  await api.close();
});

const HOURLY = { type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin' };
const NOTHING = { checked: 1, actions: [], failures: [] };

async function scheduled(schedule: object = HOURLY): Promise<string> {
  const { id } = await createConnection(api, { schedule });
  created.push(id);
  return id;
}

async function reconcile(): Promise<Reply['body']> {
  const reply = await api.call('POST', '/v1/schedules/reconcile');
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.body;
}

/** Of one connection: `['repaired: Changed in Temporal: spec.']` */
async function done(id: string): Promise<string[]> {
  const { actions, failures } = await reconcile();
  expect(failures).toEqual([]);
  return actions
    .filter((action: { connectionId: string }) => action.connectionId === id)
    .map(({ action, detail }: { action: string; detail: string }) => `${action}: ${detail}`);
}

async function forget(id: string): Promise<void> {
  await temporal
    .handle(id)
    .delete()
    .catch(() => undefined);
}

const byHand = (id: string, change: (now: ScheduleUpdateOptions) => Partial<ScheduleUpdateOptions>): Promise<void> =>
  temporal.handle(id).update(({ spec, action, policies, state }) => {
    const now = { spec, action, policies, state } as ScheduleUpdateOptions;
    return { ...now, ...change(now) };
  });

async function createByHand(id: string, memo: Record<string, unknown>, state: object = {}): Promise<void> {
  await temporal.client.schedule.create({
    scheduleId: `connection/${id}`,
    spec: { intervals: [{ every: '1h' }] },
    action: { type: 'startWorkflow', workflowType: 'tick', workflowId: `tick/${id}`, taskQueue: api.taskQueue },
    memo,
    state,
  });
}

interface ListedSchedule {
  readonly scheduleId: string;
  readonly memo?: Record<string, unknown>;
}

async function listSchedules(): Promise<ListedSchedule[]> {
  const found: ListedSchedule[] = [];
  for await (const { scheduleId, memo } of temporal.client.schedule.list({ pageSize: 200 }))
    found.push({ scheduleId, ...(memo ? { memo } : {}) });
  return found;
}

/** Temporal's list follows a moment later. */
async function listed(id: string): Promise<void> {
  const ids = async (): Promise<string[]> => (await listSchedules()).map(({ scheduleId }) => scheduleId);
  await expect.poll(ids, { timeout: 10_000 }).toContain(`connection/${id}`);
}

async function ownSchedules(): Promise<ListedSchedule[]> {
  return (await listSchedules()).filter(({ memo }) => memo?.['installation'] === installation);
}

describe('when nothing differs', () => {
  test.each([
    ['an interval', { type: 'interval', every: '15m' }],
    ['a cron', HOURLY],
    ['everything', { type: 'interval', every: '6h', offset: '1h', jitter: '2m', overlap: 'queue', catchUp: '2d' }],
    ['a cron with jitter', { ...HOURLY, jitter: '10m' }],
  ])('%s is left alone, also after changes, pause and resume', async (_, schedule) => {
    const id = await scheduled(schedule);
    expect(await reconcile()).toEqual(NOTHING);
    await api.call('PATCH', `/v1/connections/${id}`, { body: { name: 'renamed', schedule: { ...schedule, catchUp: '1h' } } });
    expect(await reconcile()).toEqual(NOTHING);
    await temporal.handle(id).pause('Paused in Millrace: as the API does it');
    await temporal.handle(id).unpause('Resumed in Millrace.');
    const { lastUpdatedAt } = (await temporal.describe(id)).info;
    expect(await reconcile()).toEqual(NOTHING);
    expect((await temporal.describe(id)).info.lastUpdatedAt).toEqual(lastUpdatedAt);
  });

  test('manual connections are not looked at', async () => {
    await scheduled({ type: 'manual' });
    expect(await reconcile()).toEqual({ ...NOTHING, checked: 0 });
  });
});

describe('a Schedule that differs', () => {
  test('deleted by hand: created again, and the catch-up window fits', async () => {
    const id = await scheduled();
    await forget(id);
    expect(await done(id)).toEqual(['created: Temporal did not have the Schedule.']);
    const { spec, policies, memo } = await temporal.describe(id);
    expect([spec.timezone, policies.catchupWindow, memo?.['installation']]).toEqual(['Europe/Berlin', 3_600_000, installation]);
    expect(await reconcile()).toEqual(NOTHING);
  });

  test.each<[string, (now: ScheduleUpdateOptions) => Partial<ScheduleUpdateOptions>]>([
    ['spec', () => ({ spec: { intervals: [{ every: '1s' }] } })],
    ['policies', () => ({ policies: { overlap: 'ALLOW_ALL', catchupWindow: '1 year' } })],
    ['policies', ({ state }) => ({ state: { ...state, remainingActions: 3 } })],
    ['action', ({ action }) => ({ action: { ...action, taskQueue: 'elsewhere' } })],
    ['action', ({ action }) => ({ action: { ...action, args: [{ connectionId: 'con_other' }] } })],
    ['spec, policies, action', ({ action }) => ({ spec: {}, policies: { overlap: 'SKIP' }, action: { ...action, args: [] } })],
  ])('%s changed by hand: repaired', async (parts, change) => {
    const id = await scheduled();
    const before = await temporal.describe(id);
    await byHand(id, change);
    expect(await done(id)).toEqual([`repaired: Changed in Temporal: ${parts}.`]);
    const after = await temporal.describe(id);
    const { spec, policies, action } = before;
    expect(after).toMatchObject({ spec, policies, action, state: { paused: false } });
    expect(after.state).not.toHaveProperty('remainingActions', 3);
    expect(await reconcile()).toEqual(NOTHING);
  });

  test('of a source that was renamed meanwhile: repaired', async () => {
    const { id, sourceId } = await createConnection(api, { schedule: HOURLY });
    created.push(id);
    await api.call('PATCH', `/v1/sources/${sourceId}`, { body: { name: 'erp' } });
    expect(await done(id)).toEqual(['repaired: A name or setting has changed since it was written.']);
    expect((await temporal.describe(id)).action).toMatchObject({ staticSummary: 'Scheduled sync of shop: erp → warehouse' });
    expect(await reconcile()).toEqual(NOTHING);
  });

  test('whose writer was killed before it could say what it had written: repaired', async () => {
    const id = await scheduled();
    await byHand(id, () => ({ spec: { intervals: [{ every: '2h' }] } }));
    await api.db('connections').where({ id }).update({ schedule_digest: null });
    expect(await done(id)).toEqual(['repaired: It was not known what Temporal had.']);
    expect((await temporal.describe(id)).spec.timezone).toBe('Europe/Berlin');
  });

  test('made by an older version: adopted, and a pause stays', async () => {
    const id = await scheduled();
    await forget(id);
    await createByHand(id, { connection: id, workspace: 'wsp_default' }, { paused: true, note: 'hands off' });
    await api.db('connections').where({ id }).update({ schedule_digest: null });
    expect(await done(id)).toEqual([
      'adopted: An older version made the Schedule; it now names its installation.',
      'adopted_pause: Somebody paused the Schedule in Temporal: hands off',
    ]);
    const { memo, state, spec } = await temporal.describe(id);
    expect(memo).toEqual({ connection: id, workspace: 'wsp_default', installation });
    expect(state).toMatchObject({ paused: true, note: 'hands off' });
    expect(spec.timezone).toBe('Europe/Berlin');
  });
});

describe('a Schedule without its connection', () => {
  test('of a connection that is deleted: removed', async () => {
    const id = newId('connection');
    await createByHand(id, { connection: id, workspace: 'wsp_default', installation });
    await listed(id);
    expect(await done(id)).toEqual(['removed: The connection is deleted.']);
    expect(await temporal.exists(id)).toBe(false);
  });

  test.each([
    ['named', () => ({ installation })],
    ['by an older version', () => ({})],
  ])('of a connection that is manual, made %s: removed', async (_, owner) => {
    const id = await scheduled({ type: 'manual' });
    await createByHand(id, { connection: id, workspace: 'wsp_default', ...owner() });
    await listed(id);
    expect(await done(id)).toEqual(['removed: The connection is manual.']);
    expect(await temporal.exists(id)).toBe(false);
  });

  test('of a foreign installation, of none, or of another workspace: left alone', async () => {
    const foreign = newId('connection');
    const unnamed = newId('connection');
    const elsewhere = newId('connection');
    await createByHand(foreign, { connection: foreign, workspace: 'wsp_default', installation: 'ins_other' });
    await createByHand(unnamed, { connection: unnamed, workspace: 'wsp_default' });
    await createByHand(elsewhere, { connection: elsewhere, workspace: 'wsp_other', installation });
    try {
      await Promise.all([foreign, unnamed, elsewhere].map(listed));
      expect(await reconcile()).toEqual({ ...NOTHING, checked: 0 });
      for (const id of [foreign, unnamed, elsewhere]) expect(await temporal.exists(id)).toBe(true);
    } finally {
      await Promise.all([foreign, unnamed, elsewhere].map(forget));
    }
  });

  test('whose connection is just being created: left alone', async () => {
    await api.db.raw(`create function hold() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711); return new; end $$`);
    await api.db.raw('create trigger hold before update of schedule_digest on connections for each row execute function hold()');
    const held = await api.db.transaction();
    await held.raw('select pg_advisory_xact_lock(4711)');
    const creating = scheduled(); // its Schedule is there, and nobody sees its row
    await expect.poll(waitingForLocks, { timeout: 10_000 }).toBe(1);
    await expect.poll(ownSchedules, { timeout: 10_000 }).toHaveLength(1);
    const reconciling = reconcile();
    await expect.poll(waitingForLocks, { timeout: 10_000 }).toBe(2);
    await held.commit();
    expect(await temporal.exists(await creating)).toBe(true);
    expect(await reconciling).toEqual({ ...NOTHING, checked: 0 });
    await api.db.raw('drop function hold cascade');
  });
});

async function waitingForLocks(): Promise<number> {
  const database = api.db('pg_database').select('oid').whereRaw('datname = current_database()');
  return (await api.db('pg_locks').where({ locktype: 'advisory', granted: false }).whereIn('database', database)).length;
}

describe('a pause', () => {
  test('of a connection whose Schedule runs: paused', async () => {
    const id = await scheduled();
    await api.db('connections').where({ id }).update({ paused: true });
    expect(await done(id)).toEqual(['paused: The connection is paused, its Schedule was not.']);
    expect((await temporal.describe(id)).state).toMatchObject({ paused: true, note: 'Paused in Millrace.' });
    expect(await reconcile()).toEqual(NOTHING);
  });

  test('of ours that its connection does not know of: unpaused', async () => {
    const id = await scheduled();
    await temporal.handle(id).pause('Paused in Millrace: by a process that was killed');
    expect(await done(id)).toEqual(['unpaused: The connection is not paused, its Schedule was.']);
    expect((await temporal.describe(id)).state.paused).toBe(false);
    expect(await reconcile()).toEqual(NOTHING);
  });

  test('that a person made in Temporal is reported, shown, and never undone but by a resume', async () => {
    const id = await scheduled();
    await temporal.handle(id).pause('month end');
    const adopted = ['adopted_pause: Somebody paused the Schedule in Temporal: month end'];
    expect(await done(id)).toEqual(adopted);
    expect(await done(id)).toEqual(adopted);
    const shown = async (): Promise<unknown> => (await api.call('GET', `/v1/connections/${id}`)).body;
    const scheduleStatus = { nextRuns: [], paused: true, note: 'month end' };
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject({ paused: false, scheduleStatus });
    await byHand(id, () => ({ spec: { intervals: [{ every: '1s' }] } }));
    expect(await done(id)).toEqual(['repaired: Changed in Temporal: spec.', ...adopted]);
    await api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'interval', every: '3h' } } });
    expect((await temporal.describe(id)).state).toMatchObject({ paused: true, note: 'month end' });
    const worker = await api.startWorker();
    expect((await api.call('POST', `/v1/connections/${id}/resume`)).status).toBe(200);
    await worker.stop();
    expect((await temporal.describe(id)).state.paused).toBe(false);
    expect(await reconcile()).toEqual(NOTHING);
  });
});

describe('the reconciliation', () => {
  test('goes on after a connection that fails, and reports it', async () => {
    const [broken, taken, lost] = [await scheduled(), await scheduled(), await scheduled()];
    await api
      .db('connection_versions')
      .where({ connection_id: broken })
      .update({ config: JSON.stringify({ schedule: { ...HOURLY, timezone: 'Mars/Olympus' }, streams: [] }) });
    await forget(taken);
    await createByHand(taken, { connection: taken, workspace: 'wsp_default', installation: 'ins_other' });
    await forget(lost);
    const { checked, actions, failures } = await reconcile();
    expect({ checked, actions }).toMatchObject({ checked: 1, actions: [{ connectionId: lost, action: 'created' }] });
    const codes = failures.map(({ connectionId, code }: { connectionId: string; code: string }) => [connectionId, code]);
    expect(Object.fromEntries(codes)).toEqual({ [broken]: 'connection.invalid', [taken]: 'request.conflict' });
    expect(JSON.stringify(failures)).toMatch(/Mars\/Olympus.*another installation|another installation.*Mars\/Olympus/);
    const change = await api.call('PATCH', `/v1/connections/${taken}`, { body: { schedule: { type: 'interval', every: '1h' } } });
    expect(problemOf(change)).toMatchObject({ status: 409, code: 'request.conflict' });
    expect((await api.call('DELETE', `/v1/connections/${taken}`)).status).toBe(204);
    expect((await temporal.describe(taken)).memo).toMatchObject({ installation: 'ins_other' });
  });

  test('works page by page, and says in the log what it did, a line for each action', async () => {
    const lines: string[] = [];
    const link = new TemporalLink({
      address: servers().temporalAddress,
      namespace: 'default',
      taskQueue: api.taskQueue,
      useEnvironment: false,
    });
    const reconciler = new ScheduleReconciler({
      db: api.db,
      connections: new ConnectionStore(api.db, new RestoreWindow(60_000)),
      keeper: new ScheduleKeeper(link, new SearchAttributes(link, () => undefined), async () => installation),
      installation: async () => installation,
      log: createLogger({ write: (line) => void lines.push(line), pretty: false }),
      closing: new AbortController().signal,
      pageSize: 2,
    });
    const ids = await Promise.all(Array.from({ length: 5 }, () => scheduled()));
    await Promise.all(ids.map(forget));
    const report = await reconciler.run();
    expect(report?.checked).toBe(5);
    expect(report?.actions.map(({ connectionId }) => connectionId).toSorted()).toEqual(ids.toSorted());
    await temporal.handle(ids[0]!).pause('by hand');
    await reconciler.run();
    await reconciler.run();
    const said = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(
      said
        .filter(({ message }) => message === 'schedule created')
        .map(({ connectionId }) => connectionId)
        .toSorted(),
    ).toEqual(ids.toSorted());
    expect(said.slice(5)).toMatchObject([{ level: 'warn', message: 'schedule adopted_pause', connectionId: ids[0] }]);
    await Promise.all(ids.map(listed));
    await api.db('connections').whereIn('id', ids).delete();
    expect((await reconciler.run())?.actions.filter(({ action }) => action === 'removed')).toHaveLength(5);
    expect(await Promise.all(ids.map((id) => temporal.exists(id)))).not.toContain(true);
    await link.close();
  });

  test('keeps to the workspace of who asks', async () => {
    const id = await scheduled();
    await api.db('workspaces').insert({ id: 'wsp_other', name: 'other' });
    await api.db('connections').where({ id }).update({ workspace_id: 'wsp_other' });
    await forget(id);
    expect(await reconcile()).toEqual({ ...NOTHING, checked: 0 });
    expect(await temporal.exists(id)).toBe(false);
    await api.db('connections').where({ id }).update({ workspace_id: 'wsp_default' });
  });

  test('happens by itself every MILLRACE_RECONCILE_EVERY', async () => {
    const id = await scheduled();
    const again = await api.startAgain({ settings: { ...api.settings, reconcileEveryMs: 200 } });
    for (let round = 0; round < 2; round++) {
      await forget(id);
      await expect.poll(() => temporal.exists(id), { timeout: 10_000 }).toBe(true);
    }
    await again.close();
  });

  test('is done by one process at a time; who asks waits for it', async () => {
    const asked = await underReconcileLock(api.db, 0, async () => {
      expect(await underReconcileLock(api.db, 0, async () => 'done')).toBeUndefined();
      expect(await underReconcileLock(api.db, 50, async () => 'done')).toBeUndefined();
      return { report: reconcile() };
    });
    expect(await asked?.report).toEqual({ ...NOTHING, checked: 0 });
    expect(await underReconcileLock(api.db, 0, async () => 'done')).toBe('done');
  });

  test('needs the scope admin', async () => {
    const { body } = await api.call('POST', '/v1/api-keys', { body: { name: 'operator', scope: 'operate' } });
    const reply = await api.call('POST', '/v1/schedules/reconcile', { key: body.key });
    expect(problemOf(reply)).toMatchObject({ status: 403, code: 'request.forbidden' });
  });

  test('says when Temporal is away, and writes nothing', async () => {
    const id = await scheduled();
    const before = await api.db('connections').where({ id }).first();
    const alone = await api.startAgain({ temporalAddress: '127.0.0.1:1' });
    const reply = await fetch(`${alone.url}/v1/schedules/reconcile`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.adminKey}` },
    });
    expect(await reply.json()).toMatchObject({ status: 503, code: 'engine.unavailable' });
    await alone.close();
    expect(await api.db('connections').where({ id }).first()).toEqual(before);
  });
});
