import type { Knex } from 'knex';
import type { TemporalLink } from '../engine/temporal-link.js';

export interface Readiness {
  readonly status: 'ready' | 'unavailable';
  readonly checks: Readonly<Record<string, string>>;
}

/** What the API needs to be of use. `workerState` only where a worker lives in the same process. */
export class HealthChecks {
  constructor(
    private readonly db: Knex,
    private readonly link: TemporalLink,
    private readonly workerState?: () => string,
  ) {}

  async readiness(): Promise<Readiness> {
    const [database, temporal] = await Promise.all([this.databaseAnswers(), this.link.reachable()]);
    const checks = {
      database: database ? 'ok' : 'unreachable',
      temporal: temporal ? 'ok' : 'unreachable',
      ...(this.workerState ? { worker: this.workerState() === 'RUNNING' ? 'ok' : this.workerState() } : {}),
    };
    return { status: Object.values(checks).every((check) => check === 'ok') ? 'ready' : 'unavailable', checks };
  }

  private async databaseAnswers(): Promise<boolean> {
    try {
      await this.db.raw('select 1').timeout(1_000);
      return true;
    } catch {
      return false;
    }
  }
}
