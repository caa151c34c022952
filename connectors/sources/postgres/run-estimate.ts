import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { asReader, openSession } from '../../postgres/session.js';
import { ident } from '../../postgres/sql.js';
import type { ColumnWindow, ConnectorContext, ReadEstimate, ReadRequest } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { cursorLiteral, cursorSql, lowerBound } from './cursor.js';
import { estimateRead } from './estimate.js';
import { checkFilter, filteredRelation } from './filter.js';
import { firstReadWhere, keyFields, keysetWhere } from './predicates.js';
import { type PostgresRead, relationOf, requireField } from './read.js';
import { type UpperBound, upperBound } from './upper-bound.js';
import { requireBounds, windowWhere } from './window.js';

/** More than these are not counted: somebody waits for the answer. */
const COUNTED_ROWS = 200_000;
const STATEMENT_TIMEOUT = '10s';

/** What `read` would select, counted where the planner expects few rows. */
export async function estimate(
  context: ConnectorContext<PostgresSourceConfig>,
  asked: ReadRequest,
  window?: ColumnWindow,
): Promise<ReadEstimate> {
  const request = { ...asked, settleMs: 0 };
  const relation = relationOf(request.stream.name);
  const from = filteredRelation(relation, request);
  await using session = await openSession(context.config, asReader(context));
  const copy = (): never => {
    throw new TypeError('an estimate copies nothing');
  };
  const read: PostgresRead = { session, request, relation, from, log: context.log, copy };
  try {
    await session.run(`set statement_timeout = '${STATEMENT_TIMEOUT}'; set default_transaction_read_only = on`);
    await checkFilter(session, relation, request);
    if (window) return await estimateWindow(read, window);
    return request.sync === 'full' ? await estimateFull(read) : await estimateChanges(read);
  } catch (error) {
    throw postgresError(error, `Cannot look at ${relation}`);
  }
}

async function estimateWindow(read: PostgresRead, window: ColumnWindow): Promise<ReadEstimate> {
  const field = requireField(read.request, window.field);
  await requireBounds(read.session, field, window);
  const where = windowWhere(field, window, read.request.position);
  return { ...(await countRows(read, where)), again: 0, upTo: window.below ?? window.to ?? null };
}

async function estimateFull(read: PostgresRead): Promise<ReadEstimate> {
  const { position } = read.request;
  const where = position.kind === 'scan' ? keysetWhere(keyFields(read.request), position.scan.after, null) : 'true';
  return { ...(await countRows(read, where)), again: 0, upTo: null };
}

async function estimateChanges(read: PostgresRead): Promise<ReadEstimate> {
  const { position } = read.request;
  const field = requireField(read.request, read.request.cursorField);
  const bound = await upperBound(read, field);
  const said = {
    ...(bound.delayed === undefined ? {} : { delayed: bound.delayed }),
    ...(bound.unproven === undefined ? {} : { unproven: bound.unproven }),
  };
  const last = position.kind === 'cursor' ? position.cursor.value : null;
  const counted = await countRows(read, whereOf(read.request, field, bound));
  const again =
    last === null || counted.rows === null ? 0 : ((await countRows(read, knownRows(read.request, field, last))).rows ?? 0);
  return { ...counted, again: Math.min(again, counted.rows ?? 0), upTo: bound.value, ...said };
}

/** The same selections as those of `readChanges` and of a first read. */
function whereOf(request: ReadRequest, field: Field, { value: upper }: UpperBound): string {
  const { position, nullCursor, rereadNullCursor, lag } = request;
  if (position.kind !== 'cursor') {
    const first = firstReadWhere({ field, upper }, nullCursor);
    return position.kind === 'scan' ? `${keysetWhere(keyFields(request), position.scan.after, null)} and ${first}` : first;
  }
  const { value: last } = position.cursor;
  const above = last === null ? 'true' : `${cursorSql(field)} >= ${lowerBound(field, last, lag)}`;
  const range = upper === null ? 'false' : `(${above} and ${cursorSql(field)} <= ${cursorLiteral(field, upper)})`;
  return nullCursor === 'include' && rereadNullCursor ? `(${range} or ${ident(field.name)} is null)` : range;
}

/** At or below the cursor: a run had them before. */
function knownRows({ lag }: ReadRequest, field: Field, last: string): string {
  return `(${cursorSql(field)} >= ${lowerBound(field, last, lag)} and ${cursorSql(field)} <= ${cursorLiteral(field, last)})`;
}

/** Counts at most so many rows as it is worth, whatever the planner believes of a table without statistics. */
async function countRows(read: PostgresRead, where: string): Promise<Pick<ReadEstimate, 'rows' | 'exact'>> {
  const guess = await estimateRead(read.session, read.from, where);
  if (guess.rows > COUNTED_ROWS) return { rows: guess.rows, exact: false };
  const some = `select 1 from ${read.from} where ${where} limit ${COUNTED_ROWS + 1}`;
  const [row] = await read.session.rows<{ n: string }>(`select count(*)::text as n from (${some}) as counted`);
  const rows = Number(row?.n);
  return rows > COUNTED_ROWS ? { rows: Math.max(rows, guess.rows), exact: false } : { rows, exact: true };
}
