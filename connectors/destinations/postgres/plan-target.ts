import { shadowTable, targetTable } from '../../../load/index.js';
import { type LoadShape, systemColumns } from '../../../load/plan.js';
import type { PublishWay } from '../../../schema/sync-plan.js';
import type { Target } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { type Session, openSession } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import type { TargetPlan, TargetPlanRequest } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { dropOtherKeys, ensureKeys } from './keys.js';
import { hasLedger } from './ledger.js';
import { addsRows, replacementWay } from './publish.js';
import { asAccepted } from './quarantine.js';
import {
  type TableState,
  alterColumns,
  bringUp,
  claimTarget,
  createTable,
  describeTable,
  evolve,
  refuseForeignRows,
} from './target.js';
import { wantedShape } from './write.js';

/**
 * What a load would do to the target, found by the code that does it: it reads the real catalog in a read-only transaction,
 * and its statements are written down instead of run.
 * @module
 */
export async function planTarget(
  context: ConnectorContext<PostgresDestinationConfig>,
  asked: TargetPlanRequest,
): Promise<TargetPlan> {
  await using session = await openSession(context.config, context);
  try {
    await session.run(`begin isolation level repeatable read read only; set local statement_timeout = '20s'`);
    const { planning, statements } = onPaper(session);
    const publish = await planIn(planning, asAccepted(asked).request);
    return { publish, statements: [...new Set(statements.filter(changesCatalog))] };
  } catch (error) {
    throw postgresError(error, `Cannot plan the target of ${asked.stream}`);
  }
}

/** A session whose statements only stand on paper. */
function onPaper(session: Session): { readonly planning: Session; readonly statements: readonly string[] } {
  const statements: string[] = [];
  const run = (sql: string): Promise<number> => {
    statements.push(sql);
    return Promise.resolve(0);
  };
  return { planning: { ...session, run }, statements };
}

/** Locks and rows of the ledger are nobody's concern. */
const changesCatalog = (sql: string): boolean => /^(create|alter|drop)\b/.test(sql);

async function planIn(session: Session, request: TargetPlanRequest): Promise<PublishWay> {
  const table = await describeTable(session, request.target);
  if (await hasLedger(session)) await claimTarget(session, request, table);
  else if (table) await refuseForeignRows(session, request);
  const shape = await wantedShape(session, request);
  if (!request.shadow) {
    await bringUp(session, request, { shape, table });
    return 'in_place';
  }
  return table ? planPublication(session, request, { shape, table }) : planCreation(session, request, shape);
}

/** The shadow becomes the target. Its key is an index of its own where the source keeps it unique already. */
async function planCreation(session: Session, request: TargetPlanRequest, shape: LoadShape): Promise<PublishWay> {
  const wanted = targetTable(request.mode, shape, request.deletes);
  const primaryKey = keyOfSwapped(request, shape);
  await createTable(session, request.target, { ...wanted, primaryKey });
  if (primaryKey.length === 0) await ensureKeys(session, request.target, { ...wanted, currentKey: [] });
  return 'swap';
}

/** The primary key that a table brings which takes the target's place. */
function keyOfSwapped(request: TargetPlanRequest, shape: LoadShape): readonly string[] {
  const { primaryKey } = targetTable(request.mode, shape, request.deletes);
  return request.whole && primaryKey.length > 0 ? shadowTable(shape).primaryKey : primaryKey;
}

async function planPrimaryKey(session: Session, target: Target, key: readonly string[]): Promise<void> {
  if (key.length === 0) return;
  const [held] = await session.rows(`select 1 from pg_index where indrelid = to_regclass($1) and indisprimary`, [
    qualified(target),
  ]);
  if (!held) await session.run(`alter table ${qualified(target)} add primary key (${key.map(ident).join(', ')})`);
}

interface Held {
  readonly shape: LoadShape;
  readonly table: TableState;
}

async function planPublication(session: Session, request: TargetPlanRequest, { shape, table }: Held): Promise<PublishWay> {
  const { target, mode, shadow } = request;
  const wanted = targetTable(mode, shape, request.deletes);
  const collected = [...shape.columns, ...systemColumns(shape)];
  if (shadow?.window || (addsRows(request) && mode === 'full_refresh_append')) {
    await evolve(session, request, { table, wanted: collected });
    return 'append';
  }
  if (addsRows(request)) {
    await evolve(session, request, { table, wanted: wanted.columns });
    await ensureKeys(session, target, wanted);
    return 'difference';
  }
  const way = await replacementWay(session, request, { target: table, wanted });
  if (way === 'swap') await alterColumns(session, target, changesBySwap(table, wanted.columns));
  else await evolve(session, request, { table, wanted: way === 'difference' ? collected : wanted.columns });
  if (way === 'swap') await planPrimaryKey(session, target, keyOfSwapped(request, shape));
  if (way === 'replace_rows') await dropOtherKeys(session, target, wanted);
  const made = way === 'swap' ? keyOfSwapped(request, shape) : [];
  if (way !== 'difference') await ensureKeys(session, target, made.length > 0 ? { ...wanted, primaryKey: [] } : wanted);
  return way;
}

/** The new table has the types of the rows, whatever the old one had; columns that only the old one has stay. */
function changesBySwap({ columns }: TableState, wanted: LoadShape['columns']): Parameters<typeof alterColumns>[2] {
  const held = new Map(columns.map(({ name, type }) => [name, type]));
  return {
    add: wanted.filter(({ name }) => !held.has(name)),
    change: wanted.flatMap(({ name, type }) => (held.has(name) && held.get(name) !== type ? [{ name, to: type }] : [])),
  };
}
