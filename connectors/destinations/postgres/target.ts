import { type Evolution, planEvolution } from '../../../load/evolve.js';
import { type LoadColumn, type LoadShape, systemColumns } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Target } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import type { LoadRequest } from '../../sdk/types.js';

interface TableState {
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
export async function claimTarget(session: Session, request: LoadRequest, table: TableState | undefined): Promise<void> {
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
async function takeOver(session: Session, request: LoadRequest, table: TableState | undefined): Promise<void> {
  const { target, formerOwner } = request;
  await session.run(`update _millrace.connections set epoch = epoch + 1 where connection = $1`, [formerOwner]);
  if (table && request.mode === 'incremental_append') await refuseForeignRows(session, request);
  await session.run(
    `update _millrace.targets set connection = $3, feed = $4, shadow_lineage = null, claimed_at = now()
     where schema_name = $1 and table_name = $2 and connection = $5`,
    [target.schema, target.table, request.connectionId, request.feed, formerOwner],
  );
}

async function refuseForeignRows(session: Session, request: LoadRequest): Promise<void> {
  const [row] = await session.rows(`select 1 from ${qualified(request.target)} limit 1`);
  if (!row) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `${request.target.schema}.${request.target.table} already holds rows that ${ownerText(request)} loaded.`,
    suggestion: 'Choose another target, or empty or drop the table first.',
    stream: request.stream,
    path: 'target',
  });
}

const ownerText = ({ formerOwner }: LoadRequest): string =>
  formerOwner === undefined ? 'no connection of Millrace' : `connection ${formerOwner}, which was deleted,`;

/** Creates the target or brings it up to the slice's columns. @returns what was changed, in words (I6) */
export async function ensureTarget(session: Session, request: LoadRequest, shape: LoadShape): Promise<string[]> {
  const table = await describeTable(session, request.target);
  await claimTarget(session, request, table);
  const columns = [...shape.columns, ...systemColumns(shape)];
  if (table) {
    const changes = await evolve(session, request, planEvolution(table.columns, columns));
    if (shape.primaryKey.length > 0) await ensureUnique(session, request, table.oid, shape.primaryKey);
    return changes;
  }
  if (request.seq > 1) {
    throw new MillraceError('load.target_missing', {
      detail: `${request.target.schema}.${request.target.table} does not exist any more, but ${request.stream} was read up to a position.`,
      stream: request.stream,
    });
  }
  await createTable(session, request.target, columns, shape.primaryKey);
  return [`created ${request.target.schema}.${request.target.table}`];
}

/** Brings the table that the slice goes into up to its columns. @returns what was changed, in words (I6) */
export async function evolveTable(session: Session, request: LoadRequest, shape: LoadShape): Promise<string[]> {
  const table = await describeTable(session, shape.target);
  const columns = [...shape.columns, ...systemColumns(shape)];
  return evolve(session, { ...request, target: shape.target }, planEvolution(table?.columns ?? [], columns));
}

export async function createTable(
  session: Session,
  target: Target,
  columns: readonly LoadColumn[],
  primaryKey: readonly string[],
): Promise<void> {
  await ensureSchema(session, target.schema);
  const key = primaryKey.length > 0 ? `, primary key (${primaryKey.map(ident).join(', ')})` : '';
  const definitions = columns.map((column) => `${ident(column.name)} ${column.type}`).join(', ');
  await session.run(`create table ${qualified(target)} (${definitions}${key})`);
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

export async function evolve(session: Session, request: LoadRequest, evolution: Evolution): Promise<string[]> {
  const [conflict] = evolution.conflicts;
  if (conflict) {
    throw new MillraceError('load.target_incompatible', {
      detail: `Column ${conflict.name} of ${request.target.schema}.${request.target.table} is ${conflict.has}, the stream needs ${conflict.needs}.`,
      suggestion: 'Change the column in the target, cast it in the transform, or refresh the stream into another target.',
      stream: request.stream,
    });
  }
  const actions = [
    ...evolution.add.map((column) => `add column ${ident(column.name)} ${column.type}`),
    ...evolution.widen.map(({ name, to }) => `alter column ${ident(name)} type ${to}`),
  ];
  if (actions.length > 0) await session.run(`alter table ${qualified(request.target)} ${actions.join(', ')}`);
  return [
    ...evolution.add.map((column) => `added column ${column.name} ${column.type}`),
    ...evolution.widen.map(({ name, from, to }) => `widened column ${name} from ${from} to ${to}`),
  ];
}

/** The merge needs a unique index on exactly the key. */
async function ensureUnique(session: Session, request: LoadRequest, oid: string, key: readonly string[]): Promise<void> {
  const [index] = await session.rows(
    `select 1 from pg_index i where i.indrelid = $1::oid and i.indisunique and i.indisvalid and i.indpred is null
       and (select array_agg(a.attname::text order by a.attname::text) from unnest(i.indkey) k(n) join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.n)
         = (select array_agg(k order by k) from unnest($2::text[]) k)`,
    [oid, key],
  );
  if (!index) await session.run(`create unique index on ${qualified(request.target)} (${key.map(ident).join(', ')})`);
}
