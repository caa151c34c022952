/**
 * What happens to a slice with a row that the target refuses: it is loaded once more, carefully, so that one bad row never
 * stops a stream and never disappears (I7). Set by set; no row comes into this process but what is written to a file.
 * @module
 */
import type { LoadPlan, LoadShape } from '../../../../load/plan.js';
import type { Session } from '../../../postgres/session.js';
import type { KeptRejects, LoadRequest } from '../../../sdk/destination.js';
import { applyGoodRows } from './apply.js';
import { type CarefulField, carefulFields } from './careful-fields.js';
import { isDataError } from './data-error.js';
import { requireCount } from '../merge.js';
import type { Unaccepted } from '../quarantine.js';
import { findChangedValues, findNewValues, rowsWithNewValues } from './misfits.js';
import { REJECTED, findBadValues, noteRepairs } from './findings.js';
import type { InputCheckKind } from './input-checks.js';
import { refuseFirst, writeRejects } from './rejected.js';
import { TEXTS, copyTexts } from './text-copy.js';

export interface Work {
  readonly plan: LoadPlan;
  readonly shape: LoadShape;
  readonly signal: AbortSignal;
  /** Columns have changed and nobody has accepted it. */
  readonly unaccepted?: Unaccepted;
}

export interface Written {
  readonly loaded: number;
  readonly superseded: number;
  readonly rejected: number;
  readonly rejects?: KeptRejects;
}

/** Writes the rows as fast as it goes; only when the server refuses what one of them holds does the row policy decide. */
export async function writeByPolicy(
  session: Session,
  request: LoadRequest,
  work: Work,
  write: () => Promise<Omit<Written, 'rejected' | 'rejects'>>,
): Promise<Written> {
  const { unaccepted } = work;
  const newValues = unaccepted && (await rowsWithNewValues(request, unaccepted, work.signal));
  if (newValues !== undefined || unaccepted?.retyped.length) return writeCarefully(session, request, { ...work, newValues });
  await session.run('savepoint millrace_rows');
  try {
    const written = await write();
    if (!request.shadow) await session.run('set constraints all immediate'); // what is deferred would fail at the commit
    return { ...written, rejected: 0 };
  } catch (error) {
    if (!isDataError(error) || request.segments.some(({ format }) => format !== 'parquet')) throw error;
    await session.run('rollback to savepoint millrace_rows');
    return writeCarefully(session, request, work);
  }
}

/** `newValues` names a file of rows with values in columns that are not accepted. */
type CarefulWork = Work & { readonly newValues?: string | undefined };

async function writeCarefully(session: Session, request: LoadRequest, work: CarefulWork): Promise<Written> {
  const { plan, shape, signal } = work;
  const copied = await copyTexts(session, request, signal);
  requireCount(request, copied, 'copied as text');
  const fields = await carefulFields(session, request, work);
  await find(session, request, fields);
  if (work.newValues !== undefined) await findNewValues(session, work.newValues);
  if (work.unaccepted) await findChangedValues(session, fields, work.unaccepted.retyped);
  if (request.rowPolicy === 'stop') await refuseFirst(session, request);
  await noteRepairs(session);
  await session.run(`delete from ${TEXTS} where arrival in ${REJECTED}`);
  for (const statement of plan.before) await session.run(statement);
  const { loaded, superseded } = await applyGoodRows(session, { plan, shape, fields, visible: !request.shadow });
  if (request.rowPolicy === 'stop') await refuseFirst(session, request);
  const { rows: rejected, kept } = await writeRejects(session, request, signal);
  requireCount(request, loaded + superseded + rejected, 'loaded, superseded or rejected');
  return { loaded, superseded, rejected, ...(kept ? { rejects: kept } : {}) };
}

/** From Postgres 16 on values are tried without an exception each. A type whose input cannot be asked so is tried the old way. */
async function find(session: Session, request: LoadRequest, fields: readonly CarefulField[]): Promise<void> {
  const options = { fields, staged: request.columns, wholeRow: request.rowPolicy !== 'null_field' };
  const kinds: readonly InputCheckKind[] = (await hasSoftInput(session)) ? ['soft', 'function'] : ['function'];
  for (const kind of kinds) {
    await session.run('savepoint millrace_find');
    try {
      return await findBadValues(session, { ...options, kind });
    } catch (error) {
      if (kind === 'function' || !isDataError(error)) throw error;
      await session.run('rollback to savepoint millrace_find');
    }
  }
}

async function hasSoftInput(session: Session): Promise<boolean> {
  const [server] = await session.rows<{ soft: string }>(`select current_setting('server_version_num')::int >= 160000 as soft`);
  return server?.soft === 't';
}
