import { shadowTable, targetTable } from '../../../load/index.js';
import type { LoadShape } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { literal, qualified } from '../../postgres/sql.js';
import type { LoadRequest } from '../../sdk/destination.js';
import { createTable } from './target.js';

/** Nobody reads a shadow and nothing of it dies: what a vacuum does to it meanwhile only slows the load. */
const WITHOUT_AUTOVACUUM = ['autovacuum_enabled', 'toast.autovacuum_enabled'];

export const vacuumAgain = (shadow: Target): string =>
  `alter table ${qualified(shadow)} reset (${WITHOUT_AUTOVACUUM.join(', ')})`;

/** Starts the read anew: an empty shadow of the slice's columns, recorded under this lineage. */
export async function beginShadow(session: Session, request: LoadRequest, shape: LoadShape): Promise<void> {
  await session.run(`drop table if exists ${qualified(shape.target)}`);
  const { mode, whole, deletes } = request;
  await createTable(session, shape.target, whole ? shadowTable(shape) : targetTable(mode, shape, deletes));
  await session.run(
    `alter table ${qualified(shape.target)} set (${WITHOUT_AUTOVACUUM.map((name) => `${name} = false`).join(', ')})`,
  );
  await session.run(`comment on table ${qualified(shape.target)} is ${literal(identity(request))}`);
  if (request.track === 'live') await recordShadow(session, request, request.lineage);
}

/** A ledger row counts only for the shadow it was loaded into. */
export async function requireShadow(session: Session, request: LoadRequest, shadow: Target): Promise<void> {
  const [found] = await session.rows<{ identity: string | null }>(
    `select obj_description(to_regclass(${literal(qualified(shadow))}), 'pg_class') as identity`,
  );
  if (found?.identity === identity(request)) return;
  throw new MillraceError('load.stale_epoch', {
    detail: `The shadow of ${request.stream} belongs to another read.`,
    stream: request.stream,
  });
}

/** Its rows are the target's from now on. */
export async function endShadow(session: Session, request: LoadRequest): Promise<void> {
  if (request.track === 'live') await recordShadow(session, request, null);
}

const identity = ({ connectionId, feed, track, lineage }: LoadRequest): string =>
  `${connectionId} ${feed} ${track} lineage ${lineage}`;

async function recordShadow(session: Session, request: LoadRequest, lineage: number | null): Promise<void> {
  await session.run(`update _millrace.targets set shadow_lineage = $3 where schema_name = $1 and table_name = $2`, [
    request.target.schema,
    request.target.table,
    lineage,
  ]);
}
