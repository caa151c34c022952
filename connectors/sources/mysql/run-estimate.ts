import type { Field } from '../../../schema/types.js';
import type { ColumnWindow, ConnectorContext, ReadEstimate, ReadRequest } from '../../sdk/types.js';
import type { MysqlSourceConfig } from './config.js';
import { cursorLiteral, cursorSql, lowerBound } from './cursor.js';
import { mysqlError } from './errors.js';
import { estimateSelection } from './estimate.js';
import { firstReadWhere, keyFields, keysetWhere } from './predicates.js';
import { type MysqlRead, openRead, requireField } from './read.js';
import { ident } from './sql.js';
import { limitTime } from './time-limit.js';
import { type UpperBound, upperBound } from './upper-bound.js';
import { requireBounds, windowWhere } from './window.js';

/** More than these are not counted: somebody waits for the answer. */
const COUNTED_ROWS = 200_000;
const STATEMENT_SECONDS = 10;

/** What `read` would select, counted where the optimizer expects few rows. */
export async function estimate(
  context: ConnectorContext<MysqlSourceConfig>,
  asked: ReadRequest,
  window?: ColumnWindow,
): Promise<ReadEstimate> {
  await using read = await openRead(context, { ...asked, settleMs: 0 });
  try {
    await limitTime(read.session, STATEMENT_SECONDS);
    if (window) return await estimateWindow(read, window);
    return asked.sync === 'full' ? await estimateFull(read) : await estimateChanges(read);
  } catch (error) {
    throw mysqlError(error, `Cannot look at ${asked.stream.name}`);
  }
}

async function estimateWindow(read: MysqlRead, window: ColumnWindow): Promise<ReadEstimate> {
  const field = requireField(read.request, window.field);
  requireBounds(field, window);
  const where = windowWhere(field, window, read.request.position);
  return { ...(await countRows(read, where)), again: 0, upTo: window.below ?? window.to ?? null };
}

async function estimateFull(read: MysqlRead): Promise<ReadEstimate> {
  return { ...(await countRows(read, behindKey(read))), again: 0, upTo: null };
}

async function estimateChanges(read: MysqlRead): Promise<ReadEstimate> {
  const { position } = read.request;
  const field = requireField(read.request, read.request.cursorField);
  const bound = await upperBound(read, field);
  const said = {
    ...(bound.delayed === undefined ? {} : { delayed: bound.delayed }),
    ...(bound.unproven === undefined ? {} : { unproven: bound.unproven }),
  };
  const last = position.kind === 'cursor' ? position.cursor.value : null;
  const counted = await countRows(read, whereOf(read, field, bound));
  const again =
    last === null || counted.rows === null ? 0 : ((await countRows(read, knownRows(read.request, field, last))).rows ?? 0);
  return { ...counted, again: Math.min(again, counted.rows ?? 0), upTo: bound.value, ...said };
}

/** The same selections as those of `readChanges` and of a first read. */
function whereOf(read: MysqlRead, field: Field, { value: upper }: UpperBound): string {
  const { position, nullCursor, rereadNullCursor, lag } = read.request;
  if (position.kind !== 'cursor') return `${behindKey(read)} and ${firstReadWhere({ field, upper }, nullCursor)}`;
  const { value: last } = position.cursor;
  const above = last === null ? 'true' : `${cursorSql(field)} >= ${lowerBound(field, last, lag)}`;
  const range = upper === null ? 'false' : `(${above} and ${cursorSql(field)} <= ${cursorLiteral(field, upper)})`;
  return nullCursor === 'include' && rereadNullCursor ? `(${range} or ${ident(field.name)} is null)` : range;
}

function behindKey({ request, relation }: MysqlRead): string {
  const key = keyFields(request, relation);
  return request.position.kind === 'scan' && key ? keysetWhere(relation, key, request.position.scan.after) : 'true';
}

/** At or below the cursor: a run had them before. */
function knownRows({ lag }: ReadRequest, field: Field, last: string): string {
  return `(${cursorSql(field)} >= ${lowerBound(field, last, lag)} and ${cursorSql(field)} <= ${cursorLiteral(field, last)})`;
}

/** Counts at most so many rows as it is worth, whatever the optimizer believes. */
async function countRows(read: MysqlRead, where: string): Promise<Pick<ReadEstimate, 'rows' | 'exact'>> {
  const guess = await estimateSelection(read, where);
  if (guess.rows > COUNTED_ROWS) return { rows: guess.rows, exact: false };
  const some = `select 1 ${read.from(where)} limit ${COUNTED_ROWS + 1}`;
  const [row] = await read.session.rows<{ n: string }>(`select count(*) as n from (${some}) as counted`);
  const rows = Number(row?.n);
  return rows > COUNTED_ROWS ? { rows: Math.max(rows, guess.rows), exact: false } : { rows, exact: true };
}
