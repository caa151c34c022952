import { isOpen } from '../../platform/db/run-projection.js';
import { MillraceError } from '../../platform/errors/error.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionEngine } from '../engine/connection-engine.js';
import { wholePage, type Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import type { RunItemView, RunQuery, RunStreamView, RunView } from './run-schemas.js';
import type { RunEnds } from './run-ends.js';
import type { RunStore, ShownRun } from './run-store.js';
import { runStreamView, runSummaryView, runView, type LinkOf } from './run-view.js';

export interface WaitForRun {
  readonly limitMs: number;
  readonly clientGone: AbortSignal;
}

export class RunService {
  constructor(
    private readonly store: RunStore,
    private readonly engine: ConnectionEngine,
    private readonly options: { readonly linkOf: LinkOf; readonly ends: RunEnds; readonly closing: AbortSignal },
  ) {}

  async list({ workspaceId }: Principal, query: RunQuery): Promise<Page<Partial<RunItemView>>> {
    const rows = await this.store.list(workspaceId, query);
    const { data, page } = toList(rows, query, (row) => runSummaryView(row, this.options.linkOf));
    if (!query.include?.includes('streams')) return { data, page };
    return { data: data.map((item, index) => ({ ...item, streams: rows[index]?.streams?.map(runStreamView) ?? [] })), page };
  }

  /** The run as it is, or as it has ended when `wait` allows for that. */
  async get({ workspaceId }: Principal, id: string, wait: WaitForRun): Promise<RunView> {
    const found = await this.store.shown(workspaceId, id);
    if (wait.limitMs === 0 || !isOpen(found)) return this.view(found);
    await this.options.ends.of(id, wait.limitMs, AbortSignal.any([wait.clientGone, this.options.closing]));
    return this.view(await this.store.shown(workspaceId, id));
  }

  async streams({ workspaceId }: Principal, id: string): Promise<Page<RunStreamView>> {
    await this.store.get(workspaceId, id);
    return wholePage((await this.store.streams(id)).map(runStreamView));
  }

  async cancel(caller: Principal, id: string): Promise<RunView> {
    const row = await this.store.get(caller.workspaceId, id);
    if (!isOpen(row)) throw new MillraceError('run.not_active', { detail: `${id} has ended: ${row.status}.` });
    await this.engine.cancel(row.connection_id, `cancelled by ${caller.keyId}`, id);
    caller.audit.note({ resource: id, before: { status: row.status }, after: { cancelRequested: true } });
    return this.view(await this.store.shown(caller.workspaceId, id));
  }

  private view(row: ShownRun): RunView {
    return runView(row, row.streams, this.options.linkOf);
  }
}
