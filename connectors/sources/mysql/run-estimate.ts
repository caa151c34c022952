import { estimateIncremental, estimateRows, requireField } from '../../sdk/cursor-read.js';
import type { ColumnWindow, ConnectorContext, ReadEstimate, ReadRequest } from '../../sdk/types.js';
import { windowCondition } from '../../sdk/window-sql.js';
import type { MysqlSourceConfig } from './config.js';
import { mysqlWords } from './cursor.js';
import { cursorRead } from './cursor-read.js';
import { mysqlError } from './errors.js';
import { keyFields, keysetWhere } from './predicates.js';
import { type MysqlRead, openRead } from './read.js';
import { limitTime } from './time-limit.js';
import { upperBound } from './upper-bound.js';
import { requireBounds } from './window.js';

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
    const behindKey = whereBehindKey(read);
    if (asked.sync === 'full') return { ...(await estimateRows(cursorRead(read), behindKey)), again: 0, upTo: null };
    return await estimateIncremental(cursorRead(read), { bound: (field) => upperBound(read, field), behindKey });
  } catch (error) {
    throw mysqlError(error, `Cannot look at ${asked.stream.name}`);
  }
}

async function estimateWindow(read: MysqlRead, window: ColumnWindow): Promise<ReadEstimate> {
  const field = requireField(read.request, window.field);
  requireBounds(field, window);
  const where = windowCondition(mysqlWords, field, window, read.request.position);
  return { ...(await estimateRows(cursorRead(read), where)), again: 0, upTo: window.below ?? window.to ?? null };
}

function whereBehindKey({ request, relation }: MysqlRead): string {
  const key = keyFields(request, relation);
  return request.position.kind === 'scan' && key ? keysetWhere(relation, key, request.position.scan.after) : 'true';
}
