import type { LoadPlan, LoadShape } from '../../../../load/plan.js';
import { fitIdentifier } from '../../../../schema/naming.js';
import type { Session } from '../../../postgres/session.js';
import { qualified } from '../../../postgres/sql.js';
import type { LoadRequest } from '../../../sdk/destination.js';

/** One column of the stream as the careful path sees it. */
export interface CarefulField {
  /** Its place among the stream's columns; `c<index>` in the table of texts. */
  readonly index: number;
  readonly name: string;
  /** Type in the relation that the rows go into first. */
  readonly type: string;
  /** Type in the table that they end up in. */
  readonly targetType: string;
  /** The type behind a domain, for people. */
  readonly baseType: string;
  readonly takesNull: boolean;
  /** Key parts and the cursor are never left out: a row without them would be another row. */
  readonly identifies: boolean;
}

/** What the server says of each column of the stream in its target. */
export async function carefulFields(
  session: Session,
  request: Pick<LoadRequest, 'primaryKey' | 'cursorField'>,
  { plan, shape }: { readonly plan: LoadPlan; readonly shape: LoadShape },
): Promise<CarefulField[]> {
  const held = await describeColumns(session, shape);
  const keys = new Set([...request.primaryKey.map((name) => fitIdentifier(name)), ...shape.primaryKey]);
  const cursor = request.cursorField === undefined ? undefined : fitIdentifier(request.cursorField);
  return shape.columns.map(({ name, type }, index) => {
    const { type: targetType = type, base = type, takes_null } = held.get(name) ?? {};
    return {
      index,
      name,
      type: plan.into === 'batch' ? type : targetType,
      targetType,
      baseType: base,
      takesNull: takes_null !== 'f' && !shape.primaryKey.includes(name),
      identifies: keys.has(name) || name === cursor,
    };
  });
}

interface HeldColumn {
  readonly name: string;
  readonly type: string;
  readonly base: string;
  readonly takes_null: string;
}

async function describeColumns(session: Session, shape: LoadShape): Promise<ReadonlyMap<string, HeldColumn>> {
  const rows = await session.rows<HeldColumn>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, (${BASE_TYPE}) as base,
       not (a.attnotnull or t.typnotnull) as takes_null
     from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped`,
    [qualified(shape.target)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** What a column `a` holds: a domain may stand on a domain. */
export const BASE_TYPE = `with recursive base(oid, typmod) as (
    select a.atttypid, a.atttypmod union all
    select d.typbasetype, d.typtypmod from base join pg_type d on d.oid = base.oid where d.typtype = 'd')
  select format_type(base.oid, base.typmod) from base join pg_type d on d.oid = base.oid where d.typtype <> 'd'`;
