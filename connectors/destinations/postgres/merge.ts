import type { LoadPlan } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Session } from '../../postgres/session.js';
import type { LoadRequest } from '../../sdk/destination.js';

/** Where a plan has a batch, brings its rows into the target. @returns what the server counted */
export async function mergeBatch(
  session: Session,
  plan: Pick<LoadPlan, 'supersede' | 'retire' | 'merge'>,
  copied: number,
): Promise<{ readonly loaded: number; readonly superseded: number }> {
  const superseded = await runAll(session, plan.supersede);
  await runAll(session, plan.retire);
  return { superseded, loaded: plan.merge === undefined ? copied : await session.run(plan.merge) };
}

/** @returns the rows that all of them changed */
async function runAll(session: Session, statements: readonly string[]): Promise<number> {
  let rows = 0;
  for (const statement of statements) rows += await session.run(statement);
  return rows;
}

/** I7: whatever the server counted must add up to what was staged. @throws MillraceError `load.count_mismatch` */
export function requireCount({ rows, stream }: LoadRequest, counted: number, what: string): void {
  if (counted === rows) return;
  throw new MillraceError('load.count_mismatch', {
    detail: `${rows} rows of ${stream} were staged, ${counted} were ${what}.`,
    stream,
  });
}
