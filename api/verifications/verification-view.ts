import type { VerificationRow } from '../../platform/db/rows.js';
import type { Verification } from '../../schema/verification.js';
import type { LinkOf } from '../runs/run-view.js';
import type { VerificationView } from './verification-schemas.js';

type VerifiedStream = VerificationView['streams'][number];

export function verificationView(row: VerificationRow, linkOf: LinkOf): VerificationView {
  const streams = row.streams.map((name) => streamView(row, name));
  return {
    id: row.id,
    connectionId: row.connection_id,
    method: row.method,
    scope: row.scope,
    run: row.run_number === null ? null : Number(row.run_number),
    status: row.status,
    matched: row.status === 'succeeded' ? streams.every(({ status }) => status === 'matched') : null,
    runActive: row.run_active,
    streams,
    workflowId: row.workflow_id,
    temporalUrl: linkOf(row.workflow_id),
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

function streamView({ results, errors, status }: VerificationRow, name: string): VerifiedStream {
  const result = results[name] ? verificationOfStream(results[name]) : null;
  const error = errors[name] ?? null;
  if (result) return { name, status: result.matched ? 'matched' : 'mismatched', result, error };
  return { name, status: status === 'running' ? 'running' : 'failed', result, error };
}

/** As the API shows it. */
export function verificationOfStream(found: Verification): NonNullable<VerifiedStream['result']> {
  return {
    ...found,
    sample: found.sample.map(({ key, columns, ...difference }) => ({
      ...difference,
      key: key && [...key],
      ...(columns ? { columns: [...columns] } : {}),
    })),
    skippedColumns: [...found.skippedColumns],
    notes: [...found.notes],
  };
}
