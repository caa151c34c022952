import { isMillraceError } from '../../platform/errors/error.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionEngine } from '../engine/connection-engine.js';
import type { ScheduleReconciler } from '../schedules/reconciler.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import type { RebuildReport } from './rebuild-schemas.js';
import type { SyncService } from './sync-service.js';

const PAGE = 100;
const SCHEDULES_WAIT_MS = 30_000;

/** Brings back what a lost Temporal database held: workflows with their cursors, from the destinations' ledgers, and Schedules. */
export class RebuildService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly engine: ConnectionEngine,
    private readonly parts: { readonly syncs: SyncService; readonly reconciler: ScheduleReconciler },
  ) {}

  async rebuild({ workspaceId }: Principal): Promise<RebuildReport> {
    const report: RebuildReport = { connections: [], failures: [], schedules: 0 };
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: readonly StoredConnection[] = await this.connections.following(workspaceId, after, PAGE);
      for (const row of page) await this.wake(row, report);
      after = page.at(-1)?.id;
    }
    const schedules = await this.parts.reconciler.run({ workspaceId, waitMs: SCHEDULES_WAIT_MS });
    return { ...report, schedules: schedules?.actions.length ?? 0 };
  }

  /** One whose destination cannot be reached does not stop the others. */
  private async wake(row: StoredConnection, { connections, failures }: RebuildReport): Promise<void> {
    try {
      const { epoch, feeds, paused } = await this.engine.wake(await this.parts.syncs.engineConnection(row));
      connections.push({ id: row.id, name: row.name, epoch, streams: Object.keys(feeds).length, paused });
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      failures.push({ id: row.id, name: row.name, code: error.code, message: error.message });
    }
  }
}
