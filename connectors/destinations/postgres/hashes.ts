import type { LoadColumn } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import { canonicalText } from '../../postgres/canonical.js';
import { postgresError } from '../../postgres/errors.js';
import { type HashSql, PostgresHashedRows } from '../../postgres/hashed-rows.js';
import { type Session, openSession } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import type { TargetHashRequest, TargetHashes, TargetRows } from '../../sdk/hashes.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { describeTable } from './target.js';

/** @throws MillraceError `verify.not_possible` when there is no such table */
export async function targetHashes(
  context: ConnectorContext<PostgresDestinationConfig>,
  request: TargetHashRequest,
): Promise<TargetHashes> {
  const session = await openSession(context.config, context);
  try {
    const form = await PostgresHashedRows.begin(session);
    return new TargetRowsHashed(session, form, { request, columns: await requireColumns(session, request.target) });
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

class TargetRowsHashed extends PostgresHashedRows implements TargetHashes {
  readonly types: Readonly<Record<string, string>>;
  readonly #others: string;

  constructor(
    session: Session,
    form: string,
    { request, columns }: { readonly request: TargetHashRequest; readonly columns: readonly LoadColumn[] },
  ) {
    const types = typesOf(request, columns);
    super(session, hashSql(request, types), form);
    this.types = types;
    this.#others = request.rows.kind === 'run' ? `"_millrace_run" is distinct from ${request.rows.run}` : 'false';
  }

  otherRuns(keys: readonly (readonly (string | null)[])[]): Promise<ReadonlySet<string>> {
    return this.existing(keys, this.#others);
  }
}

function typesOf({ fields }: TargetHashRequest, columns: readonly LoadColumn[]): Record<string, string> {
  const held = new Map(columns.map(({ name, type }) => [name, type]));
  return Object.fromEntries(
    fields.flatMap(({ name }) => {
      const type = held.get(fitIdentifier(name));
      return type === undefined ? [] : [[name, type]];
    }),
  );
}

function hashSql({ target, fields, key, by, rows }: TargetHashRequest, types: Readonly<Record<string, string>>): HashSql {
  const textOf = (name: string): string => canonicalText(ident(fitIdentifier(name)), types[name] ?? 'text');
  return {
    from: qualified(target),
    where: rowsWhere(rows, target),
    texts: fields.filter(({ name }) => types[name] !== undefined).map(({ name }) => textOf(name)),
    key: key.map(textOf),
    by,
  };
}

/** The rows of a target that a comparison is about. */
export function rowsWhere(rows: TargetRows, target: Target): string {
  switch (rows.kind) {
    case 'all':
      return 'true';
    case 'run':
      return `"_millrace_run" = ${rows.run}`;
    case 'last_run':
      return `"_millrace_run" = (select max("_millrace_run") from ${qualified(target)})`;
    case 'present':
      return `"_millrace_deleted_at" is null`;
    case 'current':
      return `"_millrace_is_current"`;
  }
}
