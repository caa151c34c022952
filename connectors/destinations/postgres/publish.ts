import { type TableShape, targetTable } from '../../../load/index.js';
import { planHistory } from '../../../load/history.js';
import { DELETED_AT, type Publication, planMirror } from '../../../load/mirror.js';
import { type LoadShape, type PublishStep, systemColumns } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, literal, qualified } from '../../postgres/sql.js';
import type { LoadRequest } from '../../sdk/destination.js';
import type { ColumnWindow } from '../../sdk/types.js';
import { dialect } from './dialect.js';
import { swap } from './swap.js';
import { dependents } from './dependents.js';
import { dropOtherKeys, ensureKeys, ensureUnique } from './keys.js';
import { rejectedOfRead } from './ledger.js';
import { endShadow } from './shadow.js';
import { type LoadTarget, type TableState, describeTable, ensureSchema, evolve } from './target.js';

/**
 * Puts the finished shadow in the target's place or its rows into the target, inside the load's transaction: readers see all
 * of the old rows or all of the new (I5).
 * @returns what was done, in words
 */
export async function publishShadow(session: Session, request: LoadRequest, shape: LoadShape): Promise<readonly string[]> {
  const window = request.shadow?.window;
  if (window) return takeRows(session, request, { shadow: shape.target, replacing: windowWhere(shape, window) });
  await ensureSchema(session, request.target.schema);
  await endShadow(session, request);
  const target = await describeTable(session, request.target);
  return target && addsRows(request)
    ? addToTarget(session, request, { shape, target })
    : replaceTarget(session, request, { shape, target, wanted: targetTable(request.mode, shape, request.deletes) });
}

/** The modes in which rows of earlier reads stay, unless they are to be replaced. */
export const addsRows = ({ whole, mode, shadow }: LoadTarget): boolean =>
  whole && mode !== 'full_refresh_overwrite' && !shadow?.replace;

interface Publishing {
  readonly shape: LoadShape;
  readonly target: TableState;
}

async function addToTarget(session: Session, request: LoadRequest, { shape, target }: Publishing): Promise<readonly string[]> {
  const { mode, deletes } = request;
  const wanted = targetTable(mode, shape, deletes);
  // every snapshot is told from the others by `_millrace_run`
  if (mode === 'full_refresh_append') return takeRows(session, request, { shadow: shape.target });
  const { notes, columns } = await evolve(session, request, { table: target, wanted: wanted.columns });
  await ensureKeys(session, request.target, wanted);
  const rejected = await rejectedOfRead(session, request);
  const publication = publicationOf(request, { shape, columns, complete: rejected === 0 });
  const steps = mode === 'mirror' ? planMirror(publication, dialect) : planHistory(publication, dialect);
  const left = rejected === 0 ? [] : [`rows that are gone from the source stay, because ${rejected} rows of it were rejected`];
  return [...notes, ...(await runSteps(session, steps, shape.target)), ...left];
}

interface ReadRows {
  readonly shape: LoadShape;
  readonly columns: TableState['columns'];
  readonly complete: boolean;
}

function publicationOf(request: LoadRequest, { shape, columns, complete }: ReadRows): Publication {
  const held = new Map(columns.map(({ name, type }) => [name, type]));
  return {
    target: request.target,
    shadow: shape.target,
    columns: shape.columns.map(({ name, type }) => ({ name, type: held.get(name) ?? type })),
    system: systemColumns(shape),
    primaryKey: request.primaryKey.map((name) => fitIdentifier(name)),
    deletes: request.deletes,
    marked: held.has(DELETED_AT.name),
    complete,
    asOf: request.asOf,
  };
}

/** Without statistics the server would join a table that it believes to be nearly empty. */
async function runSteps(session: Session, steps: readonly PublishStep[], shadow: Target): Promise<string[]> {
  await session.run(`analyze ${qualified(shadow)}; set local work_mem = '64MB'`);
  const effects: string[] = [];
  for (const { effect, sql } of steps) {
    const rows = await session.run(sql);
    if (rows > 0) effects.push(`${rows} ${effect}`);
  }
  await session.run(`drop table ${qualified(shadow)}`);
  return [effects.length === 0 ? 'nothing had changed' : `rows: ${effects.join(', ')}`];
}

interface Replacing {
  readonly shape: LoadShape;
  readonly target: TableState | undefined;
  readonly wanted: TableShape;
}

/** The cheapest way that keeps what people built on the table: a swap, new rows in the same table, or only what differs. */
async function replaceTarget(
  session: Session,
  request: LoadRequest,
  { shape, target, wanted }: Replacing,
): Promise<readonly string[]> {
  if (request.whole) await dressShadow(session, request, { shadow: shape.target, wanted });
  const way = target ? await replacementWay(session, request, { target, wanted }) : 'swap';
  if (!target || way === 'swap') return swap(session, request, { shadow: shape.target, target });
  return way === 'replace_rows'
    ? replaceAll(session, request, { shadow: shape.target, wanted })
    : addDifference(session, request, { shape, target });
}

/** @throws MillraceError `load.target_incompatible` where the table may be neither replaced nor changed row by row */
export async function replacementWay(
  session: Session,
  request: LoadTarget,
  { target, wanted }: { readonly target: TableState; readonly wanted: TableShape },
): Promise<'swap' | 'replace_rows' | 'difference'> {
  const { foreignKeys, others } = await dependents(session, target.oid);
  if (foreignKeys.length + others.length === 0) return 'swap';
  if (request.onDependents === 'refuse')
    throw refusal(request, [...foreignKeys, ...others].join(', '), 'onDependents is refuse.');
  if (foreignKeys.length === 0) return 'replace_rows';
  if (request.primaryKey.length === 0 || wanted.currentKey.length > 0)
    throw refusal(request, foreignKeys.join(', '), 'without a key rows can only be replaced.');
  return 'difference';
}

/** Rows that others refer to must stay as they are: only what differs is written. */
async function addDifference(session: Session, request: LoadRequest, { shape, target }: Publishing): Promise<readonly string[]> {
  const { notes, columns } = await evolve(session, request, {
    table: target,
    wanted: [...shape.columns, ...systemColumns(shape)],
  });
  const publication = publicationOf({ ...request, deletes: 'hard' }, { shape, columns, complete: true });
  await ensureUnique(session, shape.target, publication.primaryKey);
  return [...notes, ...(await runSteps(session, planMirror(publication, dialect), shape.target))];
}

/** Gives a shadow of plain rows the columns and keys that the mode's target has. */
async function dressShadow(
  session: Session,
  { asOf }: LoadRequest,
  { shadow, wanted }: { readonly shadow: Target; readonly wanted: TableShape },
): Promise<void> {
  const table = await describeTable(session, shadow);
  const held = new Set(table?.columns.map(({ name }) => name));
  const defaults: Readonly<Record<string, string>> = {
    _millrace_valid_from: `${literal(asOf)}::timestamptz`,
    _millrace_is_current: 'true',
  };
  for (const { name, type } of wanted.columns.filter((column) => !held.has(column.name))) {
    await session.run(`alter table ${qualified(shadow)} add column ${ident(name)} ${type} default ${defaults[name] ?? 'null'}`);
    await session.run(`alter table ${qualified(shadow)} alter column ${ident(name)} drop default`);
  }
  await dropOtherKeys(session, shadow, wanted);
  await ensureKeys(session, shadow, wanted);
}

/** The keys are made again when the rows are there, which is faster than to keep them up. */
async function replaceAll(
  session: Session,
  request: LoadRequest,
  { shadow, wanted }: { readonly shadow: Target; readonly wanted: TableShape },
): Promise<readonly string[]> {
  await dropOtherKeys(session, request.target, wanted);
  const notes = await takeRows(session, request, { shadow, replacing: 'true' });
  await ensureKeys(session, request.target, wanted);
  return notes;
}

/**
 * The shadow's rows come into the table that is there, in the place of those that `replacing` names. Slower than a swap, but
 * everything that hangs on the table stays; readers see the old rows until the commit.
 */
async function takeRows(
  session: Session,
  request: LoadRequest,
  { shadow, replacing }: { readonly shadow: Target; readonly replacing?: string },
): Promise<readonly string[]> {
  const [held, fresh] = [await describeTable(session, request.target), await describeTable(session, shadow)];
  const columns = fresh?.columns ?? [];
  const { notes } = await evolve(session, request, { table: held, wanted: columns });
  const names = columns.map((column) => ident(column.name)).join(', ');
  const target = qualified(request.target);
  if (replacing !== undefined) await session.run(`delete from ${target} where ${replacing}`);
  await session.run(`insert into ${target} (${names}) select ${names} from ${qualified(shadow)}`);
  await session.run(`drop table ${qualified(shadow)}`);
  return notes;
}

/** @throws MillraceError `load.target_incompatible` when the cursor field was not loaded */
function windowWhere({ columns }: LoadShape, { field, from, to, below }: ColumnWindow): string {
  const column = columns.find(({ name }) => name === fitIdentifier(field));
  if (!column)
    throw new MillraceError('load.target_incompatible', {
      detail: `The target has no column for '${field}', so the rows of the window cannot be found.`,
      suggestion: 'Load the cursor field as well, or refresh the stream.',
    });
  const value = (text: string): string => dialect.comparable(`${literal(text)}::${column.type}`, column.type);
  const held = dialect.comparable(ident(column.name), column.type);
  return [
    ...(from === undefined ? [`${ident(column.name)} is not null`] : [`${held} >= ${value(from)}`]),
    ...[to, below].flatMap((bound) => (bound === undefined ? [] : [`${held} < ${value(bound)}`])),
  ].join(' and ');
}

function refusal({ target, stream }: LoadTarget, dependent: string, why: string): MillraceError {
  return new MillraceError('load.target_incompatible', {
    detail: `${target.schema}.${target.table} cannot be replaced, because something depends on it (${dependent}) and ${why}`,
    suggestion: 'Remove what depends on the table, name a primaryKey, use incremental_deduped, or choose another target.',
    stream,
  });
}
