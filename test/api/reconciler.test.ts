import { describe, expect, test } from 'vitest';
import { RestoreWindow } from '../../api/archive/archive.js';
import { ConnectionStore } from '../../api/connections/connection-store.js';
import { ScheduleKeeper } from '../../api/engine/schedules.js';
import { SearchAttributes } from '../../api/engine/search-attributes.js';
import { TemporalLink } from '../../api/engine/temporal-link.js';
import { underReconcileLock } from '../../api/schedules/reconcile-lock.js';
import { ScheduleReconciler } from '../../api/schedules/reconciler.js';
import { createLogger } from '../../platform/logger/logger.js';
import { servers } from '../support/servers.js';
import { problemOf } from './support/harness.js';
import { HOURLY, NOTHING, ReconcilerScene } from './support/reconciler-scene.js';

const scene = new ReconcilerScene();

describe('the reconciliation', () => {
  test('goes on after a connection that fails, and reports it', async () => {
    const [broken, taken, lost] = [await scene.scheduled(), await scene.scheduled(), await scene.scheduled()];
    await scene.api
      .db('connection_versions')
      .where({ connection_id: broken })
      .update({ config: JSON.stringify({ schedule: { ...HOURLY, timezone: 'Mars/Olympus' }, streams: [] }) });
    await scene.forget(taken);
    await scene.createByHand(taken, { connection: taken, workspace: 'wsp_default', installation: 'ins_other' });
    await scene.forget(lost);
    const { checked, actions, failures } = await scene.reconcile();
    expect({ checked, actions }).toMatchObject({ checked: 1, actions: [{ connectionId: lost, action: 'created' }] });
    const codes = failures.map(({ connectionId, code }: { connectionId: string; code: string }) => [connectionId, code]);
    expect(Object.fromEntries(codes)).toEqual({ [broken]: 'connection.invalid', [taken]: 'request.conflict' });
    expect(JSON.stringify(failures)).toMatch(/Mars\/Olympus.*another installation|another installation.*Mars\/Olympus/);
    const change = await scene.api.call('PATCH', `/v1/connections/${taken}`, {
      body: { schedule: { type: 'interval', every: '1h' } },
    });
    expect(problemOf(change)).toMatchObject({ status: 409, code: 'request.conflict' });
    expect((await scene.api.call('DELETE', `/v1/connections/${taken}`)).status).toBe(204);
    expect((await scene.temporal.describe(taken)).memo).toMatchObject({ installation: 'ins_other' });
  });

  test('works page by page, and says in the log what it did, a line for each action', async () => {
    const lines: string[] = [];
    const link = new TemporalLink({
      address: servers().temporalAddress,
      namespace: 'default',
      taskQueue: scene.api.taskQueue,
      useEnvironment: false,
    });
    const reconciler = new ScheduleReconciler({
      db: scene.api.db,
      connections: new ConnectionStore(scene.api.db, new RestoreWindow(60_000)),
      keeper: new ScheduleKeeper(link, new SearchAttributes(link, () => undefined), async () => scene.installation),
      installation: async () => scene.installation,
      log: createLogger({ write: (line) => void lines.push(line), pretty: false }),
      closing: new AbortController().signal,
      pageSize: 2,
    });
    const ids = await Promise.all(Array.from({ length: 5 }, () => scene.scheduled()));
    await Promise.all(ids.map((id) => scene.forget(id)));
    const report = await reconciler.run();
    expect(report?.checked).toBe(5);
    expect(report?.actions.map(({ connectionId }) => connectionId).toSorted()).toEqual(ids.toSorted());
    await scene.temporal.handle(ids[0]!).pause('by hand');
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
    await Promise.all(ids.map((id) => scene.listed(id)));
    await scene.api.db('connections').whereIn('id', ids).delete();
    expect((await reconciler.run())?.actions.filter(({ action }) => action === 'removed')).toHaveLength(5);
    expect(await Promise.all(ids.map((id) => scene.temporal.exists(id)))).not.toContain(true);
    await link.close();
  });

  test('keeps to the workspace of who asks', async () => {
    const id = await scene.scheduled();
    await scene.api.db('workspaces').insert({ id: 'wsp_other', name: 'other' });
    await scene.api.db('connections').where({ id }).update({ workspace_id: 'wsp_other' });
    await scene.forget(id);
    expect(await scene.reconcile()).toEqual({ ...NOTHING, checked: 0 });
    expect(await scene.temporal.exists(id)).toBe(false);
    await scene.api.db('connections').where({ id }).update({ workspace_id: 'wsp_default' });
  });

  test('happens by itself every MILLRACE_RECONCILE_EVERY', async () => {
    const id = await scene.scheduled();
    const again = await scene.api.startAgain({ settings: { ...scene.api.settings, reconcileEveryMs: 200 } });
    for (let round = 0; round < 2; round++) {
      await scene.forget(id);
      await expect.poll(() => scene.temporal.exists(id), { timeout: 10_000 }).toBe(true);
    }
    await again.close();
  });

  test('is done by one process at a time; who asks waits for it', async () => {
    const asked = await underReconcileLock(scene.api.db, 0, async () => {
      expect(await underReconcileLock(scene.api.db, 0, async () => 'done')).toBeUndefined();
      expect(await underReconcileLock(scene.api.db, 50, async () => 'done')).toBeUndefined();
      return { report: scene.reconcile() };
    });
    expect(await asked?.report).toEqual({ ...NOTHING, checked: 0 });
    expect(await underReconcileLock(scene.api.db, 0, async () => 'done')).toBe('done');
  });

  test('needs the scope admin', async () => {
    const { body } = await scene.api.call('POST', '/v1/api-keys', { body: { name: 'operator', scope: 'operate' } });
    const reply = await scene.api.call('POST', '/v1/schedules/reconcile', { key: body.key });
    expect(problemOf(reply)).toMatchObject({ status: 403, code: 'request.forbidden' });
  });

  test('says when Temporal is away, and writes nothing', async () => {
    const id = await scene.scheduled();
    const before = await scene.api.db('connections').where({ id }).first();
    const alone = await scene.api.startAgain({ temporalAddress: '127.0.0.1:1' });
    const reply = await fetch(`${alone.url}/v1/schedules/reconcile`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene.api.adminKey}` },
    });
    expect(await reply.json()).toMatchObject({ status: 503, code: 'engine.unavailable' });
    await alone.close();
    expect(await scene.api.db('connections').where({ id }).first()).toEqual(before);
  });
});
