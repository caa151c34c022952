import type { Field } from '../../../schema/types.js';
import type { Session } from '../../postgres/session.js';
import { readWindowSlices, requireField } from '../../sdk/cursor-read.js';
import type { ColumnWindow, ConnectorContext, ReadEvent, ReadRequest } from '../../sdk/types.js';
import { badBound } from '../../sdk/window-sql.js';
import type { PostgresSourceConfig } from './config.js';
import { cursorLiteral } from './cursor.js';
import { cursorRead } from './cursor-read.js';
import { withRead } from './read.js';

export function readWindow(
  context: ConnectorContext<PostgresSourceConfig>,
  request: ReadRequest,
  window: ColumnWindow,
): AsyncIterable<ReadEvent> {
  return withRead(context, request, async function* (read) {
    const field = requireField(request, window.field);
    if (request.position.kind === 'start') await requireBounds(read.session, field, window);
    yield* readWindowSlices(cursorRead(read), field, window);
  });
}

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
