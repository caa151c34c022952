import type { Field } from '../../../schema/types.js';
import { readWindowSlices, requireField } from '../../sdk/cursor-read.js';
import type { ColumnWindow, ConnectorContext, ReadEvent, ReadRequest } from '../../sdk/types.js';
import { badBound } from '../../sdk/window-sql.js';
import type { MysqlSourceConfig } from './config.js';
import { cursorLiteral } from './cursor.js';
import { cursorRead } from './cursor-read.js';
import { withRead } from './read.js';

export function readWindow(
  context: ConnectorContext<MysqlSourceConfig>,
  request: ReadRequest,
  window: ColumnWindow,
): AsyncIterable<ReadEvent> {
  return withRead(context, request, (read) => {
    const field = requireField(request, window.field);
    requireBounds(field, window);
    return readWindowSlices(cursorRead(read), field, window);
  });
}

/** @throws MillraceError `backfill.not_possible` for a bound that is no value of the field's type */
export function requireBounds(field: Field, { from, to }: ColumnWindow): void {
  for (const [name, bound] of Object.entries({ from, to })) {
    if (bound === undefined) continue;
    try {
      cursorLiteral(field, bound);
    } catch (cause) {
      throw badBound(field, name, bound, cause);
    }
  }
}
