import { setTimeout as wait } from 'node:timers/promises';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { ident, literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';
import { cursorLiteral, cursorSql } from './cursor.js';
import type { PostgresRead } from './read.js';

export interface UpperBound {
  /** Read nothing above it; null when no row has a cursor value, or when nothing may be read yet. */
  readonly value: string | null;
  /** Why newer rows wait for the next run. */
  readonly delayed?: string;
}

interface Writer {
  readonly pid: string | null;
  readonly application: string;
  /** Transaction start in the cursor's own form. */
  readonly since: string | null;
}

const POLL_MS = 20;

/**
 * A cursor value is set before its transaction commits, so the largest visible value is no safe bound by itself: rows below
 * it may still be on their way (I4). The bound is taken first, then exactly the transactions that could still write below
 * it are waited for; nobody in flight, the usual case, costs one query and no waiting.
 */
export async function upperBound(read: PostgresRead, field: Field): Promise<UpperBound> {
  if (cursorType(field) === undefined) {
    throw new MillraceError('source.cursor_unsupported', {
      detail: `'${field.name}' is ${field.native?.type ?? field.type}.`,
      path: 'cursorField',
    });
  }
  if (read.request.nullCursor === 'error') await refuseNulls(read, field);
  const value = await largestBelowClock(read, field);
  if (value === null) return { value: null };
  const remaining = await settle(read, field, value);
  return remaining.length === 0 ? { value } : heldBack(read, field, remaining);
}

async function refuseNulls(read: PostgresRead, field: Field): Promise<void> {
  const [row] = await read.session.rows(`select 1 from ${read.from} where ${ident(field.name)} is null limit 1`);
  if (row)
    throw new MillraceError('source.null_cursor', {
      detail: `${read.request.stream.name}.${field.name} holds NULL.`,
      stream: read.request.stream.name,
    });
}

/** Values in the future are left for their time; a value of this very instant may still get company, so its instant is let pass. */
async function largestBelowClock(read: PostgresRead, field: Field): Promise<string | null> {
  const column = cursorSql(field);
  const timed = cursorType(field) === 'timestamptz';
  const bounded = timed ? `where ${column} <= clock_timestamp()` : '';
  try {
    const [row] = await read.session.rows<{ value: string | null; wait: string }>(
      `select m.value::text as value, ${timed ? "(m.value > clock_timestamp() - interval '10 ms')" : 'false'}::text as wait
       from (select max(${column}) as value from ${read.from} ${bounded}) as m`,
    );
    if (row?.wait !== 'true') return row?.value ?? null;
    await wait(POLL_MS);
    return await largestBelowClock(read, field);
  } catch (error) {
    throw postgresError(error, `Cannot read ${read.from}`);
  }
}

/** Waits for the possible writers of the moment, not for later ones, at most `settleMs`. */
async function settle(read: PostgresRead, field: Field, value: string): Promise<readonly Writer[]> {
  let left = await possibleWriters(read, field, value);
  if (left.length === 0) return left;
  const first = new Set(left.map(identity));
  for (const deadline = Date.now() + read.request.settleMs; left.length > 0 && Date.now() < deadline;) {
    await wait(POLL_MS);
    left = (await possibleWriters(read, field, value)).filter((writer) => first.has(identity(writer)));
  }
  return left;
}

const identity = (writer: Writer): string => `${writer.pid}/${writer.since}`;

/** A timestamp falls back to just below the oldest start still open; other types keep their place. */
async function heldBack(read: PostgresRead, field: Field, writers: readonly Writer[]): Promise<UpperBound> {
  const blocker = writers[0];
  const delayed = `${read.request.stream.name}: rows at or above the bound may still be written by ${
    blocker?.pid ? `pid ${blocker.pid} (${blocker.application || 'no application name'})` : 'a prepared transaction'
  }; they are left for the next run.`;
  const starts = writers.map((writer) => writer.since);
  if (cursorType(field) !== 'timestamptz' || starts.includes(null)) return { value: null, delayed };
  const oldest = starts.toSorted()[0] ?? '';
  const column = cursorSql(field);
  const [row] = await read.session.rows<{ value: string | null }>(
    `select max(${column})::text as value from ${read.from} where ${column} < ${literal(oldest)}::timestamptz`,
  );
  return { value: row?.value ?? null, delayed };
}

/**
 * For integers and text: holders of a write lock on the table or its partitions. For timestamps: every transaction of this
 * database that began at or below the bound, since `now()` is its start; for naive timestamps and dates, every open one.
 */
async function possibleWriters(read: PostgresRead, field: Field, value: string): Promise<readonly Writer[]> {
  const type = cursorType(field);
  const timed = type === 'timestamptz' || type === 'timestamp' || type === 'date';
  const began = type === 'timestamptz' ? `and (a.xact_start is null or a.xact_start <= ${cursorLiteral(field, value)})` : '';
  const sql = timed ? `${OPEN_TRANSACTIONS} ${began} ${PREPARED}` : LOCK_HOLDERS;
  return read.session.rows<{ pid: string | null; application: string; since: string | null }>(sql, timed ? [] : [read.from]);
}

/** A session of another user hides its start from us; that it has a transaction open shows in its virtual id's lock. */
const OPEN_TRANSACTIONS = `
select a.pid::text as pid, a.application_name as application, to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS.USOF') as since
from pg_stat_activity a
where a.datname = current_database() and a.pid <> pg_backend_pid() and a.application_name not like 'millrace/%'
  and coalesce(a.backend_type, 'hidden') not like 'autovacuum%'
  and (a.xact_start is not null
    or (a.backend_type is null and exists (select from pg_locks v where v.pid = a.pid and v.locktype = 'virtualxid')))`;

const PREPARED = `
union all select null, 'prepared transaction', null from pg_prepared_xacts where database = current_database()`;

const LOCK_HOLDERS = `
select l.pid::text as pid, coalesce(a.application_name, '') as application, a.xact_start::text as since
from pg_locks l left join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation' and l.mode = 'RowExclusiveLock' and l.granted and l.pid is distinct from pg_backend_pid()
  and l.database = (select oid from pg_database where datname = current_database())
  and l.relation in (select $1::regclass::oid union select relid from pg_partition_tree($1::regclass))`;
