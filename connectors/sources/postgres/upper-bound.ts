import { setTimeout as wait } from 'node:timers/promises';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { ident, literal } from '../../postgres/sql.js';
import { cursorType } from '../../sdk/cursor.js';
import type { UpperBound } from '../../sdk/cursor-read.js';
import { isOfThisInstant, largestValue } from './bound-query.js';
import { cursorLiteral, cursorSql } from './cursor.js';
import type { PostgresRead } from './read.js';
import { READS } from './relations.js';
import { type Blindness, blindnessSql, blindnessText, cachedSequence, unseen } from './unproven.js';
import { type Writer, writersSql } from './writers.js';

/** What one look at the server says. */
interface Look {
  readonly value: string | null;
  /** A value of this very instant may still get company. */
  readonly instant: boolean;
  readonly writers: readonly Writer[];
  readonly unproven: string | undefined;
}

const POLL_MS = 20;
const MAX_POLL_MS = 200;
const NO_RIGHT = '42501';

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
  const { value, instant, writers, unproven } = await look(read, field);
  const proof = unproven === undefined ? {} : { unproven };
  if (value === null) return { value, ...proof };
  const remaining = await settle(read, field, { value, writers: instant ? undefined : writers });
  return { ...(remaining.length === 0 ? { value } : await heldBack(read, field, { value, writers: remaining })), ...proof };
}

async function refuseNulls(read: PostgresRead, field: Field): Promise<void> {
  const [row] = await read.session.rows(`select 1 from ${read.from} where ${ident(field.name)} is null limit 1`);
  if (row)
    throw new MillraceError('source.null_cursor', {
      detail: `${read.request.stream.name}.${field.name} holds NULL.`,
      stream: read.request.stream.name,
    });
}

type LookRow = Readonly<Record<'value' | 'instant' | 'blindness' | 'writers', string | null>>;

/** Bound, writers and what hides them by one statement: its snapshot is taken before writers are listed. */
async function look(read: PostgresRead, field: Field): Promise<Look> {
  const bound = `bound as materialized (${largestValue(read.from, field, read.request.holdBack)})`;
  try {
    const [row] = await read.session.rows<LookRow>(
      `with recursive ${READS}, ${bound}, writers as (${writersSql(field, '(select value from bound)')})
       select value::text as value, (${isOfThisInstant(field)})::text as instant, ${blindnessSql(field)}::text as blindness,
         (select coalesce(json_agg(w), '[]') from writers as w)::text as writers from bound`,
      [read.relation],
    );
    return await lookOf(read, field, row);
  } catch (error) {
    if ((error as { code?: string }).code === NO_RIGHT) return lookBlindly(read, bound);
    throw postgresError(error, `Cannot read ${read.relation}`);
  }
}

async function lookOf(read: PostgresRead, field: Field, row: LookRow | undefined): Promise<Look> {
  const blindness = JSON.parse(row?.blindness ?? '{}') as Blindness;
  const sql = `with recursive ${READS} ${cachedSequence(field)}`;
  const [cached] = blindness.caches ? await read.session.rows<{ name: string }>(sql, [read.relation]) : [];
  return {
    value: row?.value ?? null,
    instant: row?.instant === 'true',
    // a standby's own sessions write nothing
    writers: blindness.standby ? [] : (JSON.parse(row?.writers ?? '[]') as Writer[]),
    unproven: blindnessText(blindness, cached?.name),
  };
}

/** For users from whom the catalogs are hidden. The right to read the stream itself may be what is missing: then this fails, too. */
async function lookBlindly(read: PostgresRead, bound: string): Promise<Look> {
  const [row] = await read.session.rows<{ value: string | null }>(`with ${bound} select value::text as value from bound`);
  return { value: row?.value ?? null, instant: false, writers: [], unproven: unseen(read.request.stream.name) };
}

/** Waits for the possible writers of the moment, not for later ones, at most `settleMs`. */
async function settle(
  read: PostgresRead,
  field: Field,
  { value, writers }: { readonly value: string; readonly writers: readonly Writer[] | undefined },
): Promise<readonly Writer[]> {
  if (!writers) await wait(POLL_MS);
  let left = writers ?? (await possibleWriters(read, field, value));
  const first = new Set(left.map(({ id }) => id));
  const deadline = Date.now() + read.request.settleMs;
  for (let pause = POLL_MS; left.length > 0 && Date.now() < deadline; pause = Math.min(2 * pause, MAX_POLL_MS)) {
    await wait(Math.min(pause, deadline - Date.now()));
    // what is prepared while it is waited for goes by another name
    left = (await possibleWriters(read, field, value)).filter(({ id, pid }) => pid === null || first.has(id));
  }
  return left;
}

function possibleWriters(read: PostgresRead, field: Field, value: string): Promise<readonly Writer[]> {
  const writers = writersSql(field, cursorLiteral(field, value));
  return read.session.rows<Writer & object>(`with recursive ${READS} ${writers}`, [read.relation]);
}

/** A timestamp falls back to just below the oldest start still open; other types keep their place. */
async function heldBack(
  read: PostgresRead,
  field: Field,
  { value, writers }: { readonly value: string; readonly writers: readonly Writer[] },
): Promise<UpperBound> {
  const delayed = `${read.request.stream.name}: rows at or below ${value} may still be written by ${inWords(writers)}; they are left for the next run.`;
  const starts = writers.map((writer) => writer.since);
  if (cursorType(field) !== 'timestamptz' || starts.includes(null)) return { value: null, delayed };
  const oldest = starts.toSorted()[0] ?? '';
  const column = cursorSql(field);
  const [row] = await read.session.rows<{ value: string | null }>(
    `select max(${column})::text as value from ${read.from} where ${column} < ${literal(oldest)}::timestamptz and ${column} <= ${cursorLiteral(field, value)}`,
  );
  return { value: row?.value ?? null, delayed };
}

function inWords(writers: readonly Writer[]): string {
  const named = writers.slice(0, 3).map(({ pid, application }) => {
    return pid === null ? 'a prepared transaction' : `pid ${pid} (${application || 'no application name'})`;
  });
  return [...named, ...(writers.length > 3 ? [`${writers.length - 3} more`] : [])].join(', ');
}
