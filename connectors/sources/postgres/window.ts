import { END, type Position } from '../../../checkpoint/position.js';
import type { Field } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { inSnapshot } from '../../postgres/snapshot.js';
import { ident } from '../../postgres/sql.js';
import type { ColumnWindow, ConnectorContext, ReadEvent, ReadRequest } from '../../sdk/types.js';
import { badBound, windowCondition, windowPosition } from '../../sdk/window-sql.js';
import type { PostgresSourceConfig } from './config.js';
import { cursorLiteral, cursorSql } from './cursor.js';
import { sliceEnd } from './incremental.js';
import { type PostgresRead, requireField, withRead } from './read.js';

/**
 * Reads a window of the cursor field in its order. Each slice ends with all rows of one value, and the next begins above it:
 * unlike the stream's own cursor, a window is read once.
 */
export function readWindow(
  context: ConnectorContext<PostgresSourceConfig>,
  request: ReadRequest,
  window: ColumnWindow,
): AsyncIterable<ReadEvent> {
  return withRead(context, request, (read) => readSlices(read, window));
}

async function* readSlices(read: PostgresRead, window: ColumnWindow): AsyncIterable<ReadEvent> {
  const { request } = read;
  const field = requireField(request, window.field);
  let { position } = request;
  if (position.kind === 'start') await requireBounds(read.session, field, window);
  for (let done = false; !done;) {
    const range = windowWhere(field, window, position);
    const slice = await inSnapshot(read.session, async () => {
      const end = await sliceEnd(read, field, null, range);
      const where = end === null ? range : `${range} and ${cursorSql(field)} <= ${cursorLiteral(field, end)}`;
      return { end, file: await read.copy(where) };
    });
    done = slice.end === null;
    position = slice.end === null ? END : windowPosition(field, slice.end);
    yield slice.file;
    yield { kind: 'mark', done, position: { kind: 'exact', position } };
  }
}

/** What of a window is left to read behind a position. */
export const windowWhere = (field: Field, window: ColumnWindow, position: Position): string =>
  windowCondition({ ident, cursorSql, cursorLiteral }, field, window, position);

/** @throws MillraceError `backfill.not_possible` for a bound that is no value of the field's type */
export async function requireBounds(session: Session, field: Field, { from, to }: ColumnWindow): Promise<void> {
  for (const [name, bound] of Object.entries({ from, to })) {
    if (bound === undefined) continue;
    const look = async (): Promise<unknown> => session.rows(`select ${cursorLiteral(field, bound)}`);
    await look().catch((cause: unknown) => {
      throw badBound(field, name, bound, cause);
    });
  }
}
