import { verificationOfStream } from '../verifications/verification-view.js';
import type { RunSummaryRow, ShownStreamRow } from './run-store.js';
import type { RunStreamView, RunSummaryView, RunView } from './run-schemas.js';

/** Address of a workflow in the Temporal Web UI, or null. */
export type LinkOf = (workflowId: string) => string | null;

export function runView(row: RunSummaryRow, streams: readonly ShownStreamRow[], linkOf: LinkOf): RunView {
  return { ...runSummaryView(row, linkOf), streams: streams.map(runStreamView) };
}

export function runSummaryView(row: RunSummaryRow, linkOf: LinkOf): RunSummaryView {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    connectionId: row.connection_id,
    ...(typeof row.connection_name === 'string' && { connectionName: row.connection_name }),
    connectionVersion: row.connection_version,
    number: Number(row.number),
    trigger: row.trigger,
    status: row.status,
    createdAt: requestedAt(row).toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    workflowId: row.workflow_id,
    temporalUrl: linkOf(row.workflow_id),
    error: row.error,
  };
}

/** The row may have been written a moment after the run began, by another clock. */
function requestedAt({ created_at, started_at }: RunSummaryRow): Date {
  return started_at && started_at < created_at ? started_at : created_at;
}

export function runStreamView(row: ShownStreamRow): RunStreamView {
  return {
    name: row.name,
    step: row.step,
    status: row.status,
    rows: {
      extracted: Number(row.rows_extracted),
      repeated: Number(row.rows_repeated),
      filtered: Number(row.rows_filtered),
      loaded: Number(row.rows_loaded),
      rejected: Number(row.rows_rejected),
      superseded: Number(row.rows_superseded),
    },
    bytes: Number(row.bytes),
    slices: Number(row.slices),
    cursor: row.cursor,
    error: row.error,
    notes: [...row.notes],
    verification: row.verification && verificationOfStream(row.verification),
  };
}
