import { isMillraceError } from '../../platform/errors/error.js';
import type { Logger } from '../../platform/logger/logger.js';
import type { Drift } from '../engine/schedule-drift.js';
import type { ReconcileReport } from './reconcile-schemas.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a reconciliation did: one line in the log for each action, and all of it in the report. */
export class ReconcileRecord {
  readonly report: Mutable<ReconcileReport> = { checked: 0, actions: [], failures: [] };

  /** `told`: pauses by hand that were logged before; they are found again every time. */
  constructor(
    private readonly log: Logger,
    private readonly told: Set<string>,
  ) {}

  checked(connectionId: string, drifts: readonly Drift[]): void {
    this.report.checked += 1;
    if (!drifts.some(({ action }) => action === 'adopted_pause')) this.told.delete(connectionId);
    for (const drift of drifts) this.acted(connectionId, drift);
  }

  acted(connectionId: string, { action, detail }: Drift): void {
    this.report.actions.push({ connectionId, action, detail });
    if (action === 'adopted_pause' && this.told.has(connectionId)) return;
    if (action === 'adopted_pause') this.told.add(connectionId);
    this.log.warn(`schedule ${action}`, { connectionId, detail });
  }

  failed(connectionId: string, error: unknown): void {
    const known = isMillraceError(error);
    const code = known ? error.code : 'engine.internal';
    const message = known ? error.message : 'Something went wrong inside Millrace; the log says what.';
    this.report.failures.push({ connectionId, code, message });
    this.log.warn('schedule not reconciled', { connectionId, error });
  }
}
