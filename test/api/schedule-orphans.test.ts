import { describe, expect, test } from 'vitest';
import { newId } from '../../platform/db/ids.js';
import { NOTHING, ReconcilerScene } from './support/reconciler-scene.js';

const scene = new ReconcilerScene();

describe('a Schedule without its connection', () => {
  test('of a connection that is deleted: removed', async () => {
    const id = newId('connection');
    await scene.createByHand(id, { connection: id, workspace: 'wsp_default', installation: scene.installation });
    await scene.listed(id);
    expect(await scene.done(id)).toEqual(['removed: The connection is deleted.']);
    expect(await scene.temporal.exists(id)).toBe(false);
  });

  test.each([
    ['named', () => ({ installation: scene.installation })],
    ['by an older version', () => ({})],
  ])('of a connection that is manual, made %s: removed', async (_, owner) => {
    const id = await scene.scheduled({ type: 'manual' });
    await scene.createByHand(id, { connection: id, workspace: 'wsp_default', ...owner() });
    await scene.listed(id);
    expect(await scene.done(id)).toEqual(['removed: The connection is manual.']);
    expect(await scene.temporal.exists(id)).toBe(false);
  });

  test('of a foreign installation, of none, or of another workspace: left alone', async () => {
    const foreign = newId('connection');
    const unnamed = newId('connection');
    const elsewhere = newId('connection');
    await scene.createByHand(foreign, { connection: foreign, workspace: 'wsp_default', installation: 'ins_other' });
    await scene.createByHand(unnamed, { connection: unnamed, workspace: 'wsp_default' });
    await scene.createByHand(elsewhere, { connection: elsewhere, workspace: 'wsp_other', installation: scene.installation });
    try {
      await Promise.all([foreign, unnamed, elsewhere].map((id) => scene.listed(id)));
      expect(await scene.reconcile()).toEqual({ ...NOTHING, checked: 0 });
      for (const id of [foreign, unnamed, elsewhere]) expect(await scene.temporal.exists(id)).toBe(true);
    } finally {
      await Promise.all([foreign, unnamed, elsewhere].map((id) => scene.forget(id)));
    }
  });

  test('whose connection is just being created: left alone', async () => {
    await scene.api.db.raw(`create function hold() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(4711); return new; end $$`);
    await scene.api.db.raw(
      'create trigger hold before update of schedule_digest on connections for each row execute function hold()',
    );
    const held = await scene.api.db.transaction();
    await held.raw('select pg_advisory_xact_lock(4711)');
    const creating = scene.scheduled(); // its Schedule is there, and nobody sees its row
    await expect.poll(waitingForLocks, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => scene.ownSchedules(), { timeout: 10_000 }).toHaveLength(1);
    const reconciling = scene.reconcile();
    await expect.poll(waitingForLocks, { timeout: 10_000 }).toBe(2);
    await held.commit();
    expect(await scene.temporal.exists(await creating)).toBe(true);
    expect(await reconciling).toEqual({ ...NOTHING, checked: 0 });
    await scene.api.db.raw('drop function hold cascade');
  });
});

async function waitingForLocks(): Promise<number> {
  const database = scene.api.db('pg_database').select('oid').whereRaw('datname = current_database()');
  return (await scene.api.db('pg_locks').where({ locktype: 'advisory', granted: false }).whereIn('database', database)).length;
}
