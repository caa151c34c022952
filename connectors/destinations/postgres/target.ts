import { type Evolution, planEvolution } from '../../../load/evolve.js';
import { type TableShape, targetTable } from '../../../load/index.js';
import { type LoadColumn, type LoadShape, systemColumns } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import type { LoadRequest, TargetPlanRequest } from '../../sdk/destination.js';
import { ensureKeys } from './keys.js';

/** What is looked at of a load before it writes rows. */
export type LoadTarget = TargetPlanRequest;

export interface TableState {
  readonly oid: string;
  readonly columns: readonly LoadColumn[];
}

/** Undefined when there is no such table. */
export async function describeTable(session: Session, target: Target): Promise<TableState | undefined> {
  const [found] = await session.rows<{ oid: string | null; columns: string | null }>(
    `select c.oid::text, (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum)
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2`,
    [target.schema, target.table],
  );
  return found?.oid ? { oid: found.oid, columns: JSON.parse(found.columns ?? '[]') as LoadColumn[] } : undefined;
}

/** Makes sure that only this connection's feed writes the table. @throws MillraceError `load.target_owned`, `load.target_incompatible` */
export async function claimTarget(session: Session, request: LoadTarget, table: TableState | undefined): Promise<void> {
  const { target } = request;
  const [owner] = await session.rows<{ connection: string; feed: string }>(
    `select connection, feed from _millrace.targets where schema_name = $1 and table_name = $2`,
    [target.schema, target.table],
  );
  if (owner?.connection === request.connectionId && owner.feed === request.feed) return;
  if (owner?.connection !== undefined && owner.connection === request.formerOwner) return takeOver(session, request, table);
  if (owner) {
    throw new MillraceError('load.target_owned', {
      detail: `${target.schema}.${target.table} is written by stream ${owner.feed} of connection ${owner.connection}.`,
      stream: request.stream,
      path: 'target',
      facts: { owner: owner.connection },
    });
  }
  if (table) await refuseForeignRows(session, request);
  await session.run(`insert into _millrace.targets (schema_name, table_name, connection, feed) values ($1, $2, $3, $4)`, [
    target.schema,
    target.table,
    request.connectionId,
    request.feed,
  ]);
}

/** The former owner's epoch is raised, so that a load of its last run that is still under way finds itself refused (I9). */
async function takeOver(session: Session, request: LoadTarget, table: TableState | undefined): Promise<void> {
  const { target, formerOwner } = request;
  await session.run(`update _millrace.connections set epoch = epoch + 1 where connection = $1`, [formerOwner]);
  if (table && !replacesRows(request)) await refuseForeignRows(session, request);
  await session.run(
    `update _millrace.targets set connection = $3, feed = $4, shadow_lineage = null, claimed_at = now()
     where schema_name = $1 and table_name = $2 and connection = $5`,
    [target.schema, target.table, request.connectionId, request.feed, formerOwner],
  );
}

/** Whether whatever the target holds is gone after the load, or merged by key. */
const replacesRows = ({ mode }: LoadTarget): boolean =>
  mode === 'full_refresh_overwrite' || mode === 'incremental_deduped' || mode === 'mirror';

export async function refuseForeignRows(session: Session, request: LoadTarget): Promise<void> {
  const [row] = await session.rows(`select 1 from ${qualified(request.target)} limit 1`);
  if (!row) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `${request.target.schema}.${request.target.table} already holds rows that ${ownerText(request)} loaded.`,
    suggestion: 'Choose another target, or empty or drop the table first.',
    stream: request.stream,
    path: 'target',
  });
}

const ownerText = ({ formerOwner }: LoadTarget): string =>
  formerOwner === undefined ? 'no connection of Millrace' : `connection ${formerOwner}, which was deleted,`;

/**
 * Creates the target or brings it up to the mode's columns.
 * @returns what was changed, in words (I6), and the columns as they are now
 */
export async function ensureTarget(session: Session, request: LoadRequest, shape: LoadShape): Promise<EvolvedTable> {
  const table = await describeTable(session, request.target);
  await claimTarget(session, request, table);
  return bringUp(session, request, { shape, table });
}

interface Held {
  readonly shape: LoadShape;
  readonly table: TableState | undefined;
}

/** As `ensureTarget`, for a table that is ours or nobody's. */
export async function bringUp(session: Session, request: LoadTarget, { shape, table }: Held): Promise<EvolvedTable> {
  const wanted = targetTable(request.mode, shape, request.deletes);
  if (table) {
    const evolved = await evolve(session, request, { table, wanted: wanted.columns });
    await ensureKeys(session, request.target, wanted);
    return evolved;
  }
  if (request.seq > 1) {
    throw new MillraceError('load.target_missing', {
      detail: `${request.target.schema}.${request.target.table} does not exist any more, but ${request.stream} was read up to a position.`,
      stream: request.stream,
    });
  }
  await createTable(session, request.target, wanted);
  return { notes: [`created ${request.target.schema}.${request.target.table}`], columns: wanted.columns };
}

export interface EvolvedTable {
  readonly notes: readonly string[];
  readonly columns: readonly LoadColumn[];
}

/** Brings the shadow that the slice goes into up to its columns. */
export async function evolveShadow(session: Session, request: LoadRequest, shape: LoadShape): Promise<EvolvedTable> {
  const table = await describeTable(session, shape.target);
  const wanted = [...shape.columns, ...systemColumns(shape)];
  return evolve(session, { ...request, target: shape.target }, { table, wanted });
}

export async function createTable(session: Session, target: Target, table: TableShape): Promise<void> {
  await ensureSchema(session, target.schema);
  const key = table.primaryKey.length > 0 ? `, primary key (${table.primaryKey.map(ident).join(', ')})` : '';
  const definitions = table.columns.map((column) => `${ident(column.name)} ${column.type}`).join(', ');
  await session.run(`create table ${qualified(target)} (${definitions}${key})`);
  await ensureKeys(session, target, { ...table, primaryKey: [] }); // that one came with the table
}

/** Looks first: creating what exists still asks for the right to create. */
export async function ensureSchema(session: Session, schema: string): Promise<void> {
  const [found] = await session.rows(`select 1 from pg_namespace where nspname = $1`, [schema]);
  if (found) return;
  await lockShared(session);
  await session.run(`create schema if not exists ${ident(schema)}`);
}

/** Schemas and types are shared by streams that load side by side; "if not exists" alone does not keep two from creating at once. */
export async function lockShared(session: Session): Promise<void> {
  await session.run(`select pg_advisory_xact_lock(hashtext('millrace.shared'))`);
}

interface ColumnChanges {
  readonly add: readonly LoadColumn[];
  readonly change: readonly { readonly name: string; readonly to: string }[];
}

export async function alterColumns(session: Session, target: Target, { add, change }: ColumnChanges): Promise<void> {
  const actions = [
    ...add.map((column) => `add column ${ident(column.name)} ${column.type}`),
    ...change.map(({ name, to }) => `alter column ${ident(name)} type ${to}`),
  ];
  if (actions.length > 0) await session.run(`alter table ${qualified(target)} ${actions.join(', ')}`);
}

/** Adds and widens columns, and says so; nothing is ever dropped (I6). @throws MillraceError `load.target_incompatible` */
export async function evolve(
  session: Session,
  request: LoadTarget,
  { table, wanted }: { readonly table: TableState | undefined; readonly wanted: readonly LoadColumn[] },
): Promise<EvolvedTable> {
  const existing = table?.columns ?? [];
  const { add, widen, conflicts } = planEvolution(existing, wanted);
  if (conflicts[0]) throw conflictError(request, conflicts[0]);
  await alterColumns(session, request.target, { add, change: widen });
  const widened = new Map(widen.map(({ name, to }) => [name, to]));
  return {
    notes: [
      ...add.map((column) => `added column ${column.name} ${column.type}`),
      ...widen.map(({ name, from, to }) => `widened column ${name} from ${from} to ${to}`),
    ],
    columns: [...existing.map(({ name, type }) => ({ name, type: widened.get(name) ?? type })), ...add],
  };
}

function conflictError({ target, stream }: LoadTarget, { name, has, needs }: Evolution['conflicts'][number]): MillraceError {
  return new MillraceError('load.target_incompatible', {
    detail: `Column ${name} of ${target.schema}.${target.table} is ${has}, the stream needs ${needs}.`,
    suggestion: 'Change the column in the target, cast it in the transform, or refresh the stream into another target.',
    stream,
  });
}
