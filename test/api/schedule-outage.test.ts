import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startTemporal } from '../../platform/temporal/server.js';
import { createConnection } from './support/connections.js';
import { startHarness } from './support/harness.js';
import { openSchedules } from './support/schedules.js';
import { servers } from '../support/servers.js';
import { tempHome } from '../support/temp-home.js';

test('an outage of Temporal: Schedules survive it, and only what the catch-up window covers is made up for', async () => {
  await using home = await tempHome('schedule');
  const own = { binary: servers().temporalBinary, home: home.path, namespace: 'default' };
  const anyPort = { port: 0, mustBe: false, variable: 'MILLRACE_TEMPORAL_PORT' };
  let server = await startTemporal({ ...own, port: anyPort, uiPort: anyPort });
  const elsewhere = await startHarness({ temporalAddress: server.address });
  try {
    const { id: short } = await createConnection(elsewhere, { schedule: { type: 'interval', every: '1s' } });
    const { id: long } = await createConnection(elsewhere, { schedule: { type: 'interval', every: '1s', catchUp: '1h' } });
    await server.stop();
    await sleep(12_000); // the outage itself: more than the shortest window, 10 s
    server = await startTemporal({ ...own, port: { ...anyPort, port: Number(server.address.split(':')[1]) }, uiPort: anyPort });
    const reconcile = async () => (await elsewhere.call('POST', '/v1/schedules/reconcile')).body;
    await expect.poll(reconcile, { timeout: 20_000 }).toEqual({ checked: 2, actions: [], failures: [] });
    await using schedules = await openSchedules(server.address);
    const missed = async (id: string): Promise<number> => (await schedules.describe(id)).info.numActionsMissedCatchupWindow;
    await expect.poll(() => missed(short), { timeout: 20_000 }).toBeGreaterThan(0);
    // no worker ends the first tick, so each time that is made up for is skipped: it overlaps
    const madeUp = async (): Promise<number> => (await schedules.describe(long)).info.numActionsSkippedOverlap;
    await expect.poll(madeUp, { timeout: 20_000 }).toBeGreaterThan(12);
    expect(await missed(long)).toBe(0);
  } finally {
    await elsewhere.close();
    await server.stop();
  }
});
