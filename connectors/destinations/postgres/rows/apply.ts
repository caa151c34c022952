import type { LoadPlan, LoadShape } from '../../../../load/plan.js';
import { CHANGES_COLUMN, sliceColumns } from '../../../../load/plan.js';
import type { Session } from '../../../postgres/session.js';
import { ident, literal, qualified } from '../../../postgres/sql.js';
import type { CarefulField } from './careful-fields.js';
import { isDataError } from './data-error.js';
import { FINDINGS, NOTES } from './findings.js';
import { TEXTS } from './text-copy.js';

export interface Application {
  readonly plan: LoadPlan;
  readonly shape: LoadShape;
  readonly fields: readonly CarefulField[];
  /** Whether rows go into the table that people read: then what they deferred is checked here, not at the commit. */
  readonly visible: boolean;
}

export interface Applied {
  /** Rows that reached the plan's relation. */
  readonly taken: number;
  readonly loaded: number;
}

/** The rows whose values fit, all at once; where the target refuses one for another reason, in parts. */
export async function applyGoodRows(session: Session, application: Application): Promise<Applied> {
  const insert = await insertSql(session, application);
  const { merge } = application.plan;
  if (application.visible) await session.run('set constraints all immediate');
  await session.run('savepoint millrace_good_rows');
  try {
    const taken = await session.run(insert(''));
    return { taken, loaded: merge === undefined ? taken : await session.run(merge) };
  } catch (error) {
    if (!isDataError(error)) throw error;
    await session.run('rollback to savepoint millrace_good_rows');
    return applyInParts(session, application, insert);
  }
}

type InsertSql = (where: string) => string;

/** Texts become values of the relation's types; those that were found wrong become NULL. */
async function insertSql(session: Session, { plan, shape, fields }: Application): Promise<InsertSql> {
  const repaired = await session.rows<{ field: string }>(`select distinct field from ${FINDINGS} where field is not null`);
  const wrong = new Set(repaired.map(({ field }) => Number(field)));
  const constants = sliceColumns(shape).filter(({ name }) => plan.copyColumns.includes(name));
  const values = [
    ...fields.map((field) => `${textOf(field, wrong)}::${field.type}`),
    ...constants.map(({ value, type }) => `${literal(value)}::${type}`),
    ...(shape.notesChanges ? ['n.changes'] : []),
  ];
  const names = [...plan.copyColumns, ...(shape.notesChanges ? [CHANGES_COLUMN.name] : [])];
  return (where) =>
    `insert into ${plan.relation} (${names.map(ident).join(', ')}) select ${values.join(', ')}
     from ${TEXTS} as t left join ${NOTES} as n using (arrival) ${where} order by t.arrival`;
}

function textOf({ index }: CarefulField, wrong: ReadonlySet<number>): string {
  return wrong.has(index) ? `(case when ${index} = any(n.fields) then null else t.c${index} end)` : `t.c${index}`;
}

/** The server's own count of what was applied, from the function below. */
const PARTS = 'pg_temp.millrace_apply_parts()';

async function applyInParts(session: Session, application: Application, insert: InsertSql): Promise<Applied> {
  await session.run(`create unique index on ${TEXTS} (arrival); create unique index on ${NOTES} (arrival)`);
  await session.run(partsFunction(application, insert));
  const [counts] = await session.rows<{ taken: string; loaded: string }>(
    `select taken::text, loaded::text from ${PARTS} as counts(taken, loaded)`,
  );
  const taken = Number(counts?.taken);
  return { taken, loaded: Math.min(Number(counts?.loaded), await standing(session, application, taken)) };
}

/**
 * In order of arrival, in parts that grow while all goes well and shrink to a single row where the target refuses one: that
 * row is left out with what the server says, without its values. Names are chosen so that no column is called the same.
 */
function partsFunction({ plan }: Application, insert: InsertSql): string {
  const merge =
    plan.merge === undefined ? '' : `${plan.merge}; get diagnostics "_mr_changed" = row_count; delete from ${plan.relation};`;
  return `create or replace function ${PARTS} returns table ("_mr_taken" bigint, "_mr_loaded" bigint) language plpgsql as ${literal(`
    #variable_conflict use_column
    declare
      "_mr_from" bigint; "_mr_to" bigint; "_mr_last" bigint; "_mr_size" bigint := 64;
      "_mr_rows" bigint; "_mr_changed" bigint; "_mr_state" text; "_mr_rule" text; "_mr_column" text;
    begin
      "_mr_taken" := 0; "_mr_loaded" := 0;
      select min(arrival), max(arrival) into "_mr_from", "_mr_last" from ${TEXTS};
      while "_mr_from" <= "_mr_last" loop
        "_mr_to" := least("_mr_from" + "_mr_size" - 1, "_mr_last");
        begin
          ${insert('where t.arrival between "_mr_from" and "_mr_to"')};
          get diagnostics "_mr_rows" = row_count;
          "_mr_changed" := "_mr_rows";
          ${merge}
          "_mr_taken" := "_mr_taken" + "_mr_rows";
          "_mr_loaded" := "_mr_loaded" + "_mr_changed";
          "_mr_from" := "_mr_to" + 1;
          "_mr_size" := least("_mr_size" * 2, 4096);
        exception when data_exception or integrity_constraint_violation or program_limit_exceeded then
          if "_mr_from" = "_mr_to" then
            get stacked diagnostics "_mr_state" = returned_sqlstate, "_mr_rule" = constraint_name, "_mr_column" = column_name;
            insert into ${FINDINGS} (arrival, state, rule, fatal)
              values ("_mr_from", "_mr_state", coalesce(nullif("_mr_rule", ''), nullif("_mr_column", '')), true);
            "_mr_from" := "_mr_to" + 1;
          else
            "_mr_size" := greatest("_mr_size" / 4, 1);
          end if;
        end;
      end loop;
      return next;
    end`)}`;
}

/** A row that a later part replaced by a newer one of its key was loaded only for a moment: what carries the slice's marks counts. */
async function standing(session: Session, { plan, shape, fields }: Application, taken: number): Promise<number> {
  const keys = fields.filter(({ name }) => shape.primaryKey.includes(name));
  if (plan.into !== 'batch' || keys.length === 0) return taken;
  const marks = sliceColumns(shape).map(({ name, type, value }) => `held.${ident(name)} = ${literal(value)}::${type}`);
  const same = keys.map(({ index, name, type }) => `held.${ident(name)} = t.c${index}::${type}`);
  const [row] = await session.rows<{ rows: string }>(
    `select count(*)::text as rows from ${qualified(shape.target)} as held
     where ${marks.join(' and ')} and exists (select 1 from ${TEXTS} as t where ${same.join(' and ')})`,
  );
  return Number(row?.rows);
}
