import { postgresError } from '../../postgres/errors.js';
import { estimateIncremental, estimateRows, requireField } from '../../sdk/cursor-read.js';
import type { ColumnWindow, ConnectorContext, ReadEstimate, ReadRequest } from '../../sdk/types.js';
import { windowCondition } from '../../sdk/window-sql.js';
import type { PostgresSourceConfig } from './config.js';
import { postgresWords } from './cursor.js';
import { cursorRead } from './cursor-read.js';
import { checkFilter } from './filter.js';
import { keyFields, keysetWhere } from './predicates.js';
import { type PostgresRead, openRead } from './read.js';
import { upperBound } from './upper-bound.js';
import { requireBounds } from './window.js';

const STATEMENT_TIMEOUT = '10s';

/** What `read` would select, counted where the planner expects few rows. */
export async function estimate(
  context: ConnectorContext<PostgresSourceConfig>,
  asked: ReadRequest,
  window?: ColumnWindow,
): Promise<ReadEstimate> {
  await using read = await openRead(context, { ...asked, settleMs: 0 });
  const { session, relation, request } = read;
  try {
    await session.run(`set statement_timeout = '${STATEMENT_TIMEOUT}'; set default_transaction_read_only = on`);
    await checkFilter(session, relation, request);
    if (window) return await estimateWindow(read, window);
    const behindKey = whereBehindKey(request);
    if (request.sync === 'full') return { ...(await estimateRows(cursorRead(read), behindKey)), again: 0, upTo: null };
    return await estimateIncremental(cursorRead(read), { bound: (field) => upperBound(read, field), behindKey });
  } catch (error) {
    throw postgresError(error, `Cannot look at ${relation}`);
  }
}

async function estimateWindow(read: PostgresRead, window: ColumnWindow): Promise<ReadEstimate> {
  const field = requireField(read.request, window.field);
  await requireBounds(read.session, field, window);
  const where = windowCondition(postgresWords, field, window, read.request.position);
  return { ...(await estimateRows(cursorRead(read), where)), again: 0, upTo: window.below ?? window.to ?? null };
}

const whereBehindKey = (request: ReadRequest): string =>
  request.position.kind === 'scan' ? keysetWhere(keyFields(request), request.position.scan.after, null) : 'true';
