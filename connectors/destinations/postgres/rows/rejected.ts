import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../../../../platform/errors/error.js';
import { CopyOut } from '../../../postgres/copy-out.js';
import type { Session } from '../../../postgres/session.js';
import type { KeptRejects, LoadRequest, RejectReason } from '../../../sdk/destination.js';
import { FINDINGS, REJECTED } from './findings.js';
import { reasonsSql } from './reasons.js';

/** Kinds of reasons that are told with their numbers. */
const REASONS = 20;

const reasonsOfRejected = `(${reasonsSql(`(select * from ${FINDINGS} where arrival in ${REJECTED})`)}) as reasons`;

/** Hands the numbers of the rejected rows over with their reasons, before anything is committed. */
export async function writeRejects(
  session: Session,
  request: LoadRequest,
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly kept?: KeptRejects }> {
  const [count] = await session.rows<{ rows: string }>(`select count(*)::text as rows from ${REJECTED} as rejected`);
  const rows = Number(count?.rows);
  if (rows === 0) return { rows };
  const path = join(request.tempDir, 'rejected.csv');
  const source = session.client.query(new CopyOut(rejectedSql()));
  await pipeline(source, createWriteStream(path), { signal });
  return { rows, kept: await request.keepRejects({ path, rows, reasons: await summary(session) }) };
}

/** Row number and reasons as JSON, one line each. */
function rejectedSql(): string {
  return `copy (select arrival, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('field', field_name, 'code', code, 'reason', reason)) order by field)::text
    from ${reasonsOfRejected} group by arrival order by arrival) to stdout (format csv, force_quote *)`;
}

async function summary(session: Session): Promise<RejectReason[]> {
  const rows = await session.rows<{ field: string | null; code: string; reason: string; rows: string }>(
    `select field_name as field, code, reason, count(*)::text as rows from ${reasonsOfRejected}
     group by 1, 2, 3 order by count(*) desc, 1, 2, 3 limit ${REASONS}`,
  );
  return rows.map(({ field, rows: count, ...reason }) => ({
    ...(field === null ? {} : { field }),
    ...reason,
    rows: Number(count),
  }));
}

/** @throws MillraceError `load.bad_value` with column and row of the first thing that was found wrong, without the value */
export async function refuseFirst(session: Session, { stream, seq }: LoadRequest): Promise<void> {
  const [first] = await session.rows<{ arrival: string; field: string | null; reason: string }>(
    `select arrival::text, field_name as field, reason from (${reasonsSql(FINDINGS)}) as reasons order by reasons.arrival, reasons.field limit 1`,
  );
  if (!first) return;
  const column = first.field === null ? '' : `column ${first.field}, `;
  const detail = `Cannot load ${stream}: row ${first.arrival} of slice ${seq}, ${column}${first.reason}.`;
  throw new MillraceError('load.bad_value', { detail, stream, suggestion: OTHER_POLICIES });
}

const OTHER_POLICIES =
  'Correct the value, the transform or the target; or set rowPolicy of the stream: null_field leaves the value out, reject_row keeps the row aside.';
