import type { RunStore } from '../runs/run-store.js';
import { type LinkOf, runSummaryView } from '../runs/run-view.js';
import type { SystemService } from '../systems/system-service.js';
import type { ConnectionItem } from './connection-schemas.js';
import type { ListedConnection } from './connection-store.js';

type Included = Pick<ConnectionItem, 'source' | 'destination' | 'lastRun'>;

/** What a list of connections can show beside them; each kind is one query, however long the page is. */
export class ConnectionIncludes {
  constructor(
    private readonly systems: { readonly sources: SystemService; readonly destinations: SystemService },
    private readonly runs: RunStore,
    private readonly linkOf: LinkOf,
  ) {}

  /** In the order of `rows`. */
  async of(workspaceId: string, rows: readonly ListedConnection[], names: readonly string[]): Promise<readonly Included[]> {
    const ids = (name: string, idOf: (row: ListedConnection) => string): readonly string[] =>
      names.includes(name) ? [...new Set(rows.map(idOf))] : [];
    const [sources, destinations, lastRuns] = await Promise.all([
      this.systems.sources.ofIds(
        workspaceId,
        ids('source', (row) => row.source_id),
      ),
      this.systems.destinations.ofIds(
        workspaceId,
        ids('destination', (row) => row.destination_id),
      ),
      this.runs.newestOf(ids('lastRun', (row) => row.id)),
    ]);
    return rows.map((row) => {
      const [source, destination, run] = [sources.get(row.source_id), destinations.get(row.destination_id), lastRuns.get(row.id)];
      return {
        ...(source && { source }),
        ...(destination && { destination }),
        ...(names.includes('lastRun') && { lastRun: run ? runSummaryView(run, this.linkOf) : null }),
      };
    });
  }
}
