import type { ScheduleUpdateOptions } from '@temporalio/client';
import { describe, expect, test } from 'vitest';
import { createConnection } from './support/connections.js';
import { HOURLY, NOTHING, ReconcilerScene } from './support/reconciler-scene.js';

/** Drift between the metadata and Temporal, made by hand. */
const scene = new ReconcilerScene();

describe('when nothing differs', () => {
  test.each([
    ['an interval', { type: 'interval', every: '15m' }],
    ['a cron', HOURLY],
    ['everything', { type: 'interval', every: '6h', offset: '1h', jitter: '2m', overlap: 'queue', catchUp: '2d' }],
    ['a cron with jitter', { ...HOURLY, jitter: '10m' }],
  ])('%s is left alone, also after changes, pause and resume', async (_, schedule) => {
    const id = await scene.scheduled(schedule);
    expect(await scene.reconcile()).toEqual(NOTHING);
    await scene.api.call('PATCH', `/v1/connections/${id}`, {
      body: { name: 'renamed', schedule: { ...schedule, catchUp: '1h' } },
    });
    expect(await scene.reconcile()).toEqual(NOTHING);
    await scene.temporal.handle(id).pause('Paused in Millrace: as the API does it');
    await scene.temporal.handle(id).unpause('Resumed in Millrace.');
    const { lastUpdatedAt } = (await scene.temporal.describe(id)).info;
    expect(await scene.reconcile()).toEqual(NOTHING);
    expect((await scene.temporal.describe(id)).info.lastUpdatedAt).toEqual(lastUpdatedAt);
  });

  test('manual connections are not looked at', async () => {
    await scene.scheduled({ type: 'manual' });
    expect(await scene.reconcile()).toEqual({ ...NOTHING, checked: 0 });
  });
});

describe('a Schedule that differs', () => {
  test('deleted by hand: created again, and the catch-up window fits', async () => {
    const id = await scene.scheduled();
    await scene.forget(id);
    expect(await scene.done(id)).toEqual(['created: Temporal did not have the Schedule.']);
    const { spec, policies, memo } = await scene.temporal.describe(id);
    expect([spec.timezone, policies.catchupWindow, memo?.['installation']]).toEqual([
      'Europe/Berlin',
      3_600_000,
      scene.installation,
    ]);
    expect(await scene.reconcile()).toEqual(NOTHING);
  });

  test.each<[string, (now: ScheduleUpdateOptions) => Partial<ScheduleUpdateOptions>]>([
    ['spec', () => ({ spec: { intervals: [{ every: '1s' }] } })],
    ['policies', () => ({ policies: { overlap: 'ALLOW_ALL', catchupWindow: '1 year' } })],
    ['policies', ({ state }) => ({ state: { ...state, remainingActions: 3 } })],
    ['action', ({ action }) => ({ action: { ...action, taskQueue: 'elsewhere' } })],
    ['action', ({ action }) => ({ action: { ...action, args: [{ connectionId: 'con_other' }] } })],
    ['spec, policies, action', ({ action }) => ({ spec: {}, policies: { overlap: 'SKIP' }, action: { ...action, args: [] } })],
  ])('%s changed by hand: repaired', async (parts, change) => {
    const id = await scene.scheduled();
    const before = await scene.temporal.describe(id);
    await scene.byHand(id, change);
    expect(await scene.done(id)).toEqual([`repaired: Changed in Temporal: ${parts}.`]);
    const after = await scene.temporal.describe(id);
    const { spec, policies, action } = before;
    expect(after).toMatchObject({ spec, policies, action, state: { paused: false } });
    expect(after.state).not.toHaveProperty('remainingActions', 3);
    expect(await scene.reconcile()).toEqual(NOTHING);
  });

  test('of a source that was renamed meanwhile: repaired', async () => {
    const { id, sourceId } = await createConnection(scene.api, { schedule: HOURLY });
    scene.created.push(id);
    await scene.api.call('PATCH', `/v1/sources/${sourceId}`, { body: { name: 'erp' } });
    expect(await scene.done(id)).toEqual(['repaired: A name or setting has changed since it was written.']);
    expect((await scene.temporal.describe(id)).action).toMatchObject({
      staticSummary: 'Scheduled sync of shop: erp → warehouse',
    });
    expect(await scene.reconcile()).toEqual(NOTHING);
  });

  test('whose writer was killed before it could say what it had written: repaired', async () => {
    const id = await scene.scheduled();
    await scene.byHand(id, () => ({ spec: { intervals: [{ every: '2h' }] } }));
    await scene.api.db('connections').where({ id }).update({ schedule_digest: null });
    expect(await scene.done(id)).toEqual(['repaired: It was not known what Temporal had.']);
    expect((await scene.temporal.describe(id)).spec.timezone).toBe('Europe/Berlin');
  });

  test('made by an older version: adopted, and a pause stays', async () => {
    const id = await scene.scheduled();
    await scene.forget(id);
    await scene.createByHand(id, { connection: id, workspace: 'wsp_default' }, { paused: true, note: 'hands off' });
    await scene.api.db('connections').where({ id }).update({ schedule_digest: null });
    expect(await scene.done(id)).toEqual([
      'adopted: An older version made the Schedule; it now names its installation.',
      'adopted_pause: Somebody paused the Schedule in Temporal: hands off',
    ]);
    const { memo, state, spec } = await scene.temporal.describe(id);
    expect(memo).toEqual({ connection: id, workspace: 'wsp_default', installation: scene.installation });
    expect(state).toMatchObject({ paused: true, note: 'hands off' });
    expect(spec.timezone).toBe('Europe/Berlin');
  });
});

describe('a pause', () => {
  test('of a connection whose Schedule runs: paused', async () => {
    const id = await scene.scheduled();
    await scene.api.db('connections').where({ id }).update({ paused: true });
    expect(await scene.done(id)).toEqual(['paused: The connection is paused, its Schedule was not.']);
    expect((await scene.temporal.describe(id)).state).toMatchObject({ paused: true, note: 'Paused in Millrace.' });
    expect(await scene.reconcile()).toEqual(NOTHING);
  });

  test('of ours that its connection does not know of: unpaused', async () => {
    const id = await scene.scheduled();
    await scene.temporal.handle(id).pause('Paused in Millrace: by a process that was killed');
    expect(await scene.done(id)).toEqual(['unpaused: The connection is not paused, its Schedule was.']);
    expect((await scene.temporal.describe(id)).state.paused).toBe(false);
    expect(await scene.reconcile()).toEqual(NOTHING);
  });

  test('that a person made in Temporal is reported, shown, and never undone but by a resume', async () => {
    const id = await scene.scheduled();
    await scene.temporal.handle(id).pause('month end');
    const adopted = ['adopted_pause: Somebody paused the Schedule in Temporal: month end'];
    expect(await scene.done(id)).toEqual(adopted);
    expect(await scene.done(id)).toEqual(adopted);
    const shown = async (): Promise<unknown> => (await scene.api.call('GET', `/v1/connections/${id}`)).body;
    const scheduleStatus = { nextRuns: [], paused: true, note: 'month end' };
    await expect.poll(shown, { timeout: 10_000 }).toMatchObject({ paused: false, scheduleStatus });
    await scene.byHand(id, () => ({ spec: { intervals: [{ every: '1s' }] } }));
    expect(await scene.done(id)).toEqual(['repaired: Changed in Temporal: spec.', ...adopted]);
    await scene.api.call('PATCH', `/v1/connections/${id}`, { body: { schedule: { type: 'interval', every: '3h' } } });
    expect((await scene.temporal.describe(id)).state).toMatchObject({ paused: true, note: 'month end' });
    const worker = await scene.api.startWorker();
    expect((await scene.api.call('POST', `/v1/connections/${id}/resume`)).status).toBe(200);
    await worker.stop();
    expect((await scene.temporal.describe(id)).state.paused).toBe(false);
    expect(await scene.reconcile()).toEqual(NOTHING);
  });
});
