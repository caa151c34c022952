import type { Knex } from 'knex';
import { MillraceError } from '../../platform/errors/error.js';
import type { Logger } from '../../platform/logger/logger.js';
import type { ConnectionStore, NamedConnection } from '../connections/connection-store.js';
import { scheduledConnection, shouldPause } from '../connections/scheduled-connection.js';
import { driftOf, needsWriting, type Drift } from '../engine/schedule-drift.js';
import { isForeign } from '../engine/schedule-options.js';
import { foreignSchedule, type ScheduleKeeper } from '../engine/schedules.js';
import { removeOrphans } from './orphans.js';
import { underReconcileLock } from './reconcile-lock.js';
import { ReconcileRecord } from './reconcile-record.js';
import type { ReconcileReport } from './reconcile-schemas.js';

export interface ReconcilerParts {
  readonly db: Knex;
  readonly connections: ConnectionStore;
  readonly keeper: ScheduleKeeper;
  readonly installation: () => Promise<string>;
  readonly log: Logger;
  /** Fires when the API closes: what is not yet looked at is left to the next time. */
  readonly closing: AbortSignal;
  /** How many connections, or Schedules, are held in memory at a time. */
  readonly pageSize?: number;
}

export interface ReconcileRequest {
  /** All when absent. */
  readonly workspaceId?: string;
  /** How long to wait for another process that is at it. */
  readonly waitMs?: number;
}

const PAGE_SIZE = 100;
/** Each may hold a connection of the pool while it repairs. */
const AT_ONCE = 4;

/**
 * Compares every connection that has a schedule with Temporal and puts right what differs, whoever has the connection's
 * row lock being the one writer of a Schedule.
 */
export class ScheduleReconciler {
  private readonly store: ConnectionStore;
  private readonly toldPauses = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: ReconcilerParts) {
    this.store = parts.connections;
  }

  /**
   * One after the other within a process, so that those who wait do not hold the pool's connections.
   * @returns undefined when another process is at it
   * @throws MillraceError `engine.unavailable` when Temporal does not answer
   */
  async run({ workspaceId, waitMs = 0 }: ReconcileRequest = {}): Promise<ReconcileReport | undefined> {
    await this.parts.installation(); // from now on nobody who holds a transaction has to ask the database for it
    const before = this.turn;
    const running = before.then(() => underReconcileLock(this.parts.db, waitMs, () => this.reconcileAll(workspaceId)));
    this.turn = running.catch(() => undefined);
    return running;
  }

  private async reconcileAll(workspaceId: string | undefined): Promise<ReconcileReport> {
    const record = new ReconcileRecord(this.parts.log, this.toldPauses);
    const guard = (id: string, work: () => Promise<void>): Promise<void> => this.guarded(record, id, work);
    for await (const group of this.groups(workspaceId)) {
      await allEnded(group.map((row) => guard(row.id, async () => record.checked(row.id, await this.reconcile(row)))));
    }
    await removeOrphans({ pageSize: PAGE_SIZE, ...this.parts, store: this.store, workspaceId, record, guard });
    return record.report;
  }

  private async *groups(workspaceId: string | undefined): AsyncIterable<readonly NamedConnection[]> {
    const { closing, pageSize: limit = PAGE_SIZE } = this.parts;
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: readonly NamedConnection[] = await this.store.scheduled({ workspaceId, after, limit });
      for (let first = 0; first < page.length; first += AT_ONCE) {
        if (closing.aborted) return;
        yield page.slice(first, first + AT_ONCE);
      }
      after = page.length < limit ? undefined : page.at(-1)?.id;
    }
  }

  /** One connection that cannot be reconciled does not stop the others; a Temporal that is away does. */
  private async guarded(record: ReconcileRecord, id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(await this.parts.keeper.reachable()))
        throw new MillraceError('engine.unavailable', { detail: 'The Temporal server does not answer.', cause: error });
      record.failed(id, error);
    }
  }

  /** Looks without a lock first: almost always there is nothing to do. */
  private async reconcile(row: NamedConnection): Promise<readonly Drift[]> {
    const drifts = await this.drifts(row);
    return drifts.every(({ action }) => action === 'adopted_pause') ? drifts : this.repair(row.id);
  }

  private async repair(id: string): Promise<readonly Drift[]> {
    return this.store.transaction(async (store) => {
      const row = await store.lockForSchedule(id);
      if (!row) return [];
      const drifts = await this.drifts(row);
      if (drifts.some(needsWriting)) {
        await store.setScheduleDigest(id, await this.parts.keeper.apply(scheduledConnection(row)));
      } else {
        for (const { action } of drifts) await this.putPauseRight(id, action);
      }
      return drifts;
    });
  }

  private async putPauseRight(id: string, action: Drift['action']): Promise<void> {
    if (action === 'paused') await this.parts.keeper.pause(id, '');
    if (action === 'unpaused') await this.parts.keeper.unpause(id);
  }

  private async drifts(row: NamedConnection): Promise<readonly Drift[]> {
    const { schedule } = row.config;
    if (schedule.type === 'manual') return [];
    const installation = await this.parts.installation();
    const found = await this.parts.keeper.find(row.id);
    if (found && isForeign(found, installation)) throw foreignSchedule(`connection/${row.id}`);
    const wanted = await this.parts.keeper.wanted(scheduledConnection(row), schedule);
    return driftOf(found, { installation, wanted, known: row.schedule_digest, paused: shouldPause(row) });
  }
}

/** As `Promise.all`, but when one fails the others are not left running behind the back of whoever then closes things. */
async function allEnded(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}
