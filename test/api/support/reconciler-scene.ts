/**
 * Connections with Schedules, for tests of what is done about Schedules that differ from the metadata. The namespace is shared with
 * every other test that runs: each of them is a foreign installation.
 * @module
 */
import type { ScheduleUpdateOptions } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { createConnection } from './connections.js';
import { type Harness, type Reply, startHarness } from './harness.js';
import { type TemporalSchedules, openSchedules } from './schedules.js';

export const HOURLY = { type: 'cron', cron: '0 * * * *', timezone: 'Europe/Berlin' };
export const NOTHING = { checked: 1, actions: [], failures: [] };

interface ListedSchedule {
  readonly scheduleId: string;
  readonly memo?: Record<string, unknown>;
}

/** An API of its own for a test file; what a test has made is gone after it. */
export class ReconcilerScene {
  api!: Harness;
  temporal!: TemporalSchedules;
  installation!: string;
  readonly created: string[] = [];

  constructor() {
    beforeAll(async () => {
      [this.api, this.temporal] = await Promise.all([startHarness(), openSchedules()]);
      this.installation = (await this.api.db('installation').first()).id;
    });
    afterEach(async () => {
      for (const id of this.created.splice(0)) {
        await this.api.call('DELETE', `/v1/connections/${id}`);
        await this.forget(id);
      }
    });
    afterAll(async () => {
      await this.temporal[Symbol.asyncDispose]();
      await this.api.close();
    });
  }

  async scheduled(schedule: object = HOURLY): Promise<string> {
    const { id } = await createConnection(this.api, { schedule });
    this.created.push(id);
    return id;
  }

  async reconcile(): Promise<Reply['body']> {
    const reply = await this.api.call('POST', '/v1/schedules/reconcile');
    if (reply.status !== 200) throw new Error(reply.text);
    return reply.body;
  }

  /** Of one connection: `['repaired: Changed in Temporal: spec.']` */
  async done(id: string): Promise<string[]> {
    const { actions, failures } = await this.reconcile();
    expect(failures).toEqual([]);
    return actions
      .filter((action: { connectionId: string }) => action.connectionId === id)
      .map(({ action, detail }: { action: string; detail: string }) => `${action}: ${detail}`);
  }

  async forget(id: string): Promise<void> {
    await this.temporal
      .handle(id)
      .delete()
      .catch(() => undefined);
  }

  byHand(id: string, change: (now: ScheduleUpdateOptions) => Partial<ScheduleUpdateOptions>): Promise<void> {
    return this.temporal.handle(id).update(({ spec, action, policies, state }) => {
      const now = { spec, action, policies, state } as ScheduleUpdateOptions;
      return { ...now, ...change(now) };
    });
  }

  async createByHand(id: string, memo: Record<string, unknown>, state: object = {}): Promise<void> {
    await this.temporal.client.schedule.create({
      scheduleId: `connection/${id}`,
      spec: { intervals: [{ every: '1h' }] },
      action: { type: 'startWorkflow', workflowType: 'tick', workflowId: `tick/${id}`, taskQueue: this.api.taskQueue },
      memo,
      state,
    });
  }

  /** Temporal's list follows a moment later. */
  async listed(id: string): Promise<void> {
    const ids = async (): Promise<string[]> => (await this.listSchedules()).map(({ scheduleId }) => scheduleId);
    await expect.poll(ids, { timeout: 10_000 }).toContain(`connection/${id}`);
  }

  async ownSchedules(): Promise<ListedSchedule[]> {
    return (await this.listSchedules()).filter(({ memo }) => memo?.['installation'] === this.installation);
  }

  private async listSchedules(): Promise<ListedSchedule[]> {
    const found: ListedSchedule[] = [];
    for await (const { scheduleId, memo } of this.temporal.client.schedule.list({ pageSize: 200 }))
      found.push({ scheduleId, ...(memo ? { memo } : {}) });
    return found;
  }
}
