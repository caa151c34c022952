import type { ConnectorContext, FileEvent, PreviewRequest } from '../../sdk/types.js';
import type { MysqlSourceConfig } from './config.js';
import { mysqlError } from './errors.js';
import { readAll } from './cursor-read.js';
import { type MysqlRead, openRead } from './read.js';
import { limitTime } from './time-limit.js';

/** A view may have to be worked out whole before it gives its first row; somebody waits for the answer. */
const STATEMENT_SECONDS = 20;

/** The first rows that the server finds, in one read-only transaction. */
export async function* preview(context: ConnectorContext<MysqlSourceConfig>, request: PreviewRequest): AsyncIterable<FileEvent> {
  await using read = await openRead(context, {
    ...request,
    ...{ sync: 'full', primaryKey: [], nullCursor: 'include', rereadNullCursor: false, settleMs: 0 },
    ...{ position: { kind: 'start' }, sliceRows: request.limit, sliceBytes: Infinity },
  });
  try {
    await limitTime(read.session, STATEMENT_SECONDS);
    yield* await readAll(limited(read, request.limit), 'true');
  } catch (error) {
    throw mysqlError(error, `Cannot read ${request.stream.name}`);
  }
}

const limited = (read: MysqlRead, rows: number): Pick<MysqlRead, 'extract' | 'from'> => ({
  extract: read.extract,
  from: (where) => `${read.from(where)} limit ${rows}`,
});
