import type { LoadPlan, LoadShape } from '../../../../load/plan.js';
import { CHANGES_COLUMN, sliceColumns } from '../../../../load/plan.js';
import type { Session } from '../../../postgres/session.js';
import { ident, literal, qualified } from '../../../postgres/sql.js';
import { mergeBatch } from '../merge.js';
import type { CarefulField } from './careful-fields.js';
import { isDataError } from './data-error.js';
import { FINDINGS, NOTES } from './findings.js';
import { brokenRule, rejectByRule } from './rules.js';
import { TEXTS } from './text-copy.js';
import { valueOf } from './values.js';

export interface Application {
  readonly plan: LoadPlan;
  readonly shape: LoadShape;
  readonly fields: readonly CarefulField[];
  /** Whether rows go into the table that people read: then what they deferred is checked here, not at the commit. */
  readonly visible: boolean;
  /** Fields that are wrong in some row. */
  readonly wrong: ReadonlySet<number>;
}

export interface Applied {
  readonly loaded: number;
  readonly superseded: number;
}

/** The rows whose values fit, all at once; where the target refuses one for another reason, without those, or in parts. */
export async function applyGoodRows(session: Session, options: Omit<Application, 'wrong'>): Promise<Applied> {
  const application = { ...options, wrong: await wrongFields(session) };
  if (application.visible) await session.run('set constraints all immediate');
  await session.run('savepoint millrace_good_rows');
  for (const asked = new Set<string>(); ;) {
    try {
      return await applyAll(session, application);
    } catch (error) {
      if (!isDataError(error)) throw error;
      await session.run('rollback to savepoint millrace_good_rows');
      const rule = brokenRule(error);
      const known = rule === undefined || asked.has(rule) || !(await rejectByRule(session, application, rule));
      if (known) return applyInParts(session, application);
      asked.add(rule);
      await session.run('savepoint millrace_good_rows'); // what was found stays found
    }
  }
}

async function applyAll(session: Session, application: Application): Promise<Applied> {
  const taken = await session.run(insertSql(application, ''));
  return mergeBatch(session, application.plan, taken);
}

async function wrongFields(session: Session): Promise<ReadonlySet<number>> {
  const repaired = await session.rows<{ field: string }>(`select distinct field from ${FINDINGS} where field is not null`);
  return new Set(repaired.map(({ field }) => Number(field)));
}

/** Texts become values of the relation's types; those that were found wrong become NULL. */
function insertSql({ plan, shape, fields, wrong }: Application, where: string): string {
  const constants = sliceColumns(shape).filter(({ name }) => plan.copyColumns.includes(name));
  const values = [
    ...fields.map((field) => `${valueOf(field, wrong)}::${field.type}`),
    ...constants.map(({ value, type }) => `${literal(value)}::${type}`),
    ...(shape.notesChanges ? ['n.changes'] : []),
  ];
  const names = [...plan.copyColumns, ...(shape.notesChanges ? [CHANGES_COLUMN.name] : [])];
  return `insert into ${plan.relation} (${names.map(ident).join(', ')}) select ${values.join(', ')}
    from ${TEXTS} as t left join ${NOTES} as n using (arrival) ${where} order by t.arrival`;
}

/** The server's own count of what was applied, from the function below. */
const PARTS = 'pg_temp.millrace_apply_parts()';

async function applyInParts(session: Session, application: Application): Promise<Applied> {
  await session.run(`create unique index on ${TEXTS} (arrival); create unique index on ${NOTES} (arrival)`);
  await session.run(partsFunction(application));
  const [counts] = await session.rows<{ taken: string; loaded: string }>(
    `select taken::text, loaded::text from ${PARTS} as counts(taken, loaded)`,
  );
  const taken = Number(counts?.taken);
  const loaded = Math.min(Number(counts?.loaded), await standing(session, application, taken));
  return { loaded, superseded: taken - loaded };
}

/**
 * In order of arrival, in parts that grow while all goes well and shrink to a single row where the target refuses one: that
 * row is left out with what the server says, without its values. Names are chosen so that no column is called the same.
 */
function partsFunction(application: Application): string {
  const { plan } = application;
  const insert = insertSql(application, 'where t.arrival between "_mr_from" and "_mr_to"');
  const before = [...plan.supersede, ...plan.retire].map((statement) => `${statement};`).join(' ');
  const merge =
    plan.merge === undefined
      ? ''
      : `${before} ${plan.merge}; get diagnostics "_mr_changed" = row_count; delete from ${plan.relation};`;
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
          ${insert};
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
