import { CHANGES_COLUMN, type LoadColumn } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import { canonicalText } from '../../postgres/canonical.js';
import { postgresError } from '../../postgres/errors.js';
import { type HashSql, PostgresHashedRows, keyJson } from '../../postgres/hashed-rows.js';
import { type Session, asReader, openSession } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import type { Repair, RowKey, TargetHashRequest, TargetHashes, TargetRows } from '../../sdk/hashes.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { BASE_TYPE } from './rows/careful-fields.js';
import { describeTable } from './target.js';

/** @throws MillraceError `verify.not_possible` when there is no such table */
export async function targetHashes(
  context: ConnectorContext<PostgresDestinationConfig>,
  request: TargetHashRequest,
): Promise<TargetHashes> {
  const session = await openSession(context.config, asReader(context));
  try {
    const form = await PostgresHashedRows.begin(session);
    const columns = await requireColumns(session, request.target);
    return new TargetRowsHashed(session, form, { request, columns, domains: await domainsOf(session, request.target) });
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw postgresError(error, `Cannot read ${qualified(request.target)}`);
  }
}

/** @throws MillraceError `verify.not_possible` */
export async function requireColumns(session: Session, target: Target): Promise<readonly LoadColumn[]> {
  const table = await describeTable(session, target);
  if (table) return table.columns;
  throw new MillraceError('verify.not_possible', {
    detail: `There is no table ${target.schema}.${target.table}: nothing has been loaded into it.`,
  });
}

type Types = Readonly<Record<string, string>>;

/** What columns hold whose type is a domain: their values print as those of its base. */
async function domainsOf(session: Session, target: Target): Promise<Types> {
  const rows = await session.rows<{ name: string; base: string }>(
    `select a.attname as name, (${BASE_TYPE}) as base from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and t.typtype = 'd'`,
    [qualified(target)],
  );
  return Object.fromEntries(rows.map(({ name, base }) => [name, base]));
}

interface Held {
  readonly request: TargetHashRequest;
  readonly columns: readonly LoadColumn[];
  readonly domains: Types;
}

class TargetRowsHashed extends PostgresHashedRows implements TargetHashes {
  readonly types: Readonly<Record<string, string>>;
  readonly #others: string;
  readonly #request: TargetHashRequest;
  readonly #noted: boolean;
  #repairs: Promise<number> | undefined;

  constructor(session: Session, form: string, { request, columns, domains }: Held) {
    const types = typesOf(request, columns, domains);
    super(session, hashSql(request, types), form);
    this.types = types;
    this.#request = request;
    this.#noted = columns.some(({ name, type }) => name === CHANGES_COLUMN.name && type === CHANGES_COLUMN.type);
    this.#others = request.rows.kind === 'run' ? `"_millrace_run" is distinct from ${request.rows.run}` : 'false';
  }

  otherRuns(keys: readonly RowKey[]): Promise<ReadonlySet<string>> {
    return this.existing(keys, this.#others);
  }

  async repairs(keys: readonly RowKey[]): Promise<readonly Repair[]> {
    const { key } = this.sql;
    if (key.length === 0 || (await this.repairedRows()) === 0) return [];
    const rows = await this.query<{ k: string; columns: string }>(
      `select ${keyJson(key)} as k, ${NULLED} as columns from ${this.#repaired()} and ${keyJson(key)} = any($1::text[])`,
      [keys.map((parts) => JSON.stringify(parts))],
    );
    return rows.map(({ k, columns }) => ({ key: JSON.parse(k) as RowKey, fields: this.#fieldsOf(JSON.parse(columns)) }));
  }

  repairedRows(): Promise<number> {
    return (this.#repairs ??= this.#countRepaired());
  }

  async #countRepaired(): Promise<number> {
    if (!this.#noted) return 0;
    const [row] = await this.query<{ n: string }>(`select count(*)::text as n from ${this.#repaired()} and ${NULLED} <> '[]'`);
    return Number(row?.n);
  }

  #repaired(): string {
    const { from, where } = this.sql;
    return `${from} as ${ROW} where (${where}) and jsonb_typeof(${NOTES}) = 'array'`;
  }

  #fieldsOf(columns: readonly string[]): readonly string[] {
    return this.#request.fields.map(({ name }) => name).filter((name) => columns.includes(fitIdentifier(name)));
  }
}

const NOTES = ident(CHANGES_COLUMN.name);
/** No column of a user has the name, which would be meant instead. */
const ROW = '"_millrace_row"';

/** Columns of a row that were left out of it, as JSON: those that somebody has filled since are others' values. */
const NULLED = `(select coalesce(json_agg(n.note ->> 'field'), '[]') from jsonb_array_elements(${NOTES}) as n(note)
  where n.note ->> 'change' = 'nulled' and to_jsonb(${ROW}) ->> (n.note ->> 'field') is null)::text`;

/** A domain that the source has as well is compared as such. */
function typesOf({ fields }: TargetHashRequest, columns: readonly LoadColumn[], domains: Types): Types {
  const held = new Map(columns.map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    fields.flatMap(({ name, native }) => {
      const column = fitIdentifier(name);
      const type = (native?.definition ? undefined : domains[column]) ?? held.get(column);
      return type === undefined ? [] : [[name, type]];
    }),
  );
}

function hashSql({ target, fields, key, by, rows }: TargetHashRequest, types: Readonly<Record<string, string>>): HashSql {
  const textOf = (name: string): string => canonicalText(ident(fitIdentifier(name)), types[name] ?? 'text');
  return {
    from: qualified(target),
    where: rowsWhere(rows),
    texts: fields.filter(({ name }) => types[name] !== undefined).map(({ name }) => textOf(name)),
    key: key.map(textOf),
    by,
  };
}

/** The rows of a target that a comparison is about. */
export function rowsWhere(rows: TargetRows): string {
  switch (rows.kind) {
    case 'all':
      return 'true';
    case 'run':
      return `"_millrace_run" = ${rows.run}`;
    case 'runs':
      return `"_millrace_run" = any('{${rows.runs.join(',')}}')`;
    case 'present':
      return `"_millrace_deleted_at" is null`;
    case 'current':
      return `"_millrace_is_current"`;
  }
}
