import { StreamableFile } from '@nestjs/common';
import type { Principal } from '../auth/principal.js';
import type { ConnectionStore } from '../connections/connection-store.js';
import { toPage, type Page } from '../http/pagination.js';
import type { RunStore } from '../runs/run-store.js';
import type { RejectFiles } from './reject-files.js';
import type { DownloadFormat, RejectQuery, RejectView, RejectedRow, ReplayRejectsBody, RowsQuery } from './reject-schemas.js';
import { type RejectStore, rejectView } from './reject-store.js';

const MEDIA_TYPES: Readonly<Record<DownloadFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson',
};

/** Rows that the destination refused: which, why, and what they hold. */
export class RejectService {
  constructor(
    private readonly store: RejectStore,
    private readonly owners: { readonly runs: RunStore; readonly connections: ConnectionStore },
    private readonly files: RejectFiles,
  ) {}

  async ofRun({ workspaceId }: Principal, runId: string, query: RejectQuery): Promise<Page<RejectView>> {
    await this.owners.runs.get(workspaceId, runId);
    return toPage(await this.store.list(workspaceId, { run_id: runId }, query), query.limit, rejectView);
  }

  async ofConnection({ workspaceId }: Principal, connectionId: string, query: RejectQuery): Promise<Page<RejectView>> {
    await this.owners.connections.get(workspaceId, connectionId);
    return toPage(await this.store.list(workspaceId, { connection_id: connectionId }, query), query.limit, rejectView);
  }

  /** Before a run is started for nothing. */
  async requireReplayable({ workspaceId }: Principal, connectionId: string, body: ReplayRejectsBody): Promise<void> {
    await this.owners.connections.get(workspaceId, connectionId);
    await this.store.requireReplayable(connectionId, body);
  }

  async rows({ workspaceId }: Principal, id: string, { limit, after = 0 }: RowsQuery): Promise<Page<RejectedRow>> {
    const { manifest } = await this.store.get(workspaceId, id);
    const found = await this.files.rows(manifest, { limit: limit + 1, after });
    const data = found.slice(0, limit);
    const hasMore = found.length > limit;
    return { data, page: { next: hasMore ? String(data.at(-1)?.row) : null, hasMore } };
  }

  async download({ workspaceId }: Principal, id: string, format: DownloadFormat): Promise<StreamableFile> {
    const { manifest } = await this.store.get(workspaceId, id);
    const disposition = `attachment; filename="${id}.${format}"`;
    return new StreamableFile(await this.files.download(manifest, format), { type: MEDIA_TYPES[format], disposition });
  }
}
