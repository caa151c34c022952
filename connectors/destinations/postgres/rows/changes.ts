import { CHANGES_COLUMN } from '../../../../load/plan.js';
import type { Session } from '../../../postgres/session.js';
import { qualified } from '../../../postgres/sql.js';
import type { LoadTarget } from '../target.js';

/** Whether rows say what was left out of them: by policy, and where they once did, so that a later good row takes its note away. */
export async function notesChanges(session: Session, { rowPolicy, target }: LoadTarget): Promise<boolean> {
  if (rowPolicy === 'null_field') return true;
  const [found] = await session.rows(
    `select 1 from pg_attribute where attrelid = to_regclass($1) and attname = $2 and not attisdropped`,
    [qualified(target), CHANGES_COLUMN.name],
  );
  return found !== undefined;
}
