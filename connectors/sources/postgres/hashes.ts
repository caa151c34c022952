import type { Field } from '../../../schema/types.js';
import { canonicalTextAs } from '../../postgres/canonical.js';
import { postgresError } from '../../postgres/errors.js';
import { type HashSql, PostgresHashedRows, keyJson } from '../../postgres/hashed-rows.js';
import { type Session, asReader, openSession } from '../../postgres/session.js';
import { ident } from '../../postgres/sql.js';
import type { RowKey, SourceHashRequest, SourceHashes } from '../../sdk/hashes.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { cursorLiteral, cursorSql } from './cursor.js';
import { filteredRelation } from './filter.js';
import { relationOf } from './read.js';

/** Undefined when the other side prints values in another way than this server does. */
export async function sourceHashes(
  context: ConnectorContext<PostgresSourceConfig>,
  request: SourceHashRequest,
): Promise<SourceHashes | undefined> {
  const sql = hashSql(request);
  if (!sql) return undefined;
  const session = await openSession(context.config, asReader(context));
  const form = await PostgresHashedRows.begin(session).catch(async (error: unknown) => {
    await session[Symbol.asyncDispose]();
    throw postgresError(error, `Cannot read ${sql.from}`);
  });
  if (form === request.like.form) return new SourceRows(session, { ...sql, form, request });
  await session[Symbol.asyncDispose]();
  return undefined;
}

class SourceRows extends PostgresHashedRows implements SourceHashes {
  readonly #above: string | undefined;
  readonly #cursor: string | undefined;

  constructor(
    session: Session,
    { form, request, ...sql }: HashSql & { readonly form: string; readonly request: SourceHashRequest },
  ) {
    super(session, sql, form);
    this.#above = above(request);
    this.#cursor = request.upTo && ident(request.upTo.field);
  }

  async changedSince(keys: readonly RowKey[]): Promise<ReadonlySet<string>> {
    return this.#above === undefined ? new Set() : this.existing(keys, this.#above);
  }

  async cursors(keys: readonly RowKey[]): Promise<ReadonlyMap<string, string | null>> {
    const { from, where, key } = this.sql;
    if (this.#cursor === undefined || key.length === 0) return new Map();
    const rows = await this.query<{ k: string; c: string | null }>(
      `select ${keyJson(key)} as k, ${this.#cursor}::text as c from ${from} where (${where}) and ${keyJson(key)} = any($1::text[])`,
      [keys.map((parts) => JSON.stringify(parts))],
    );
    return new Map(rows.map(({ k, c }) => [k, c]));
  }
}

function hashSql({ stream, fields, key, by, filter, upTo, like }: SourceHashRequest): HashSql | undefined {
  const textOf = (field: Field): string | undefined => {
    const type = like.types[field.name] ?? field.native?.type;
    return type === undefined ? undefined : canonicalTextAs(ident(field.name), field, type);
  };
  const texts = fields.map(textOf);
  const keys = key.map((name) => textOf(required(fields, name)));
  if (!areKnown(texts) || !areKnown(keys)) return undefined;
  const selected = upTo ? `(${below(fields, upTo)})` : 'true';
  const filtered = filteredRelation(relationOf(stream.name), { stream, ...(filter ? { filter } : {}) });
  return { from: filter ? `(select * from ${filtered})` : filtered, where: selected, texts, key: keys, by };
}

const areKnown = (texts: readonly (string | undefined)[]): texts is readonly string[] => !texts.includes(undefined);

function below(fields: readonly Field[], { field: name, value, nulls }: NonNullable<SourceHashRequest['upTo']>): string {
  const field = required(fields, name);
  const range = value === null ? 'false' : `${cursorSql(field)} <= ${cursorLiteral(field, value)}`;
  return nulls ? `${range} or ${ident(name)} is null` : range;
}

/** Rows that the stream has not loaded yet, those that its filter leaves out by now included. */
function above({ fields, upTo }: SourceHashRequest): string | undefined {
  if (!upTo || upTo.value === null) return undefined;
  const field = required(fields, upTo.field);
  return `${cursorSql(field)} > ${cursorLiteral(field, upTo.value)}`;
}

function required(fields: readonly Field[], name: string): Field {
  const found = fields.find((field) => field.name === name);
  if (found) return found;
  throw new RangeError(`'${name}' is not one of the compared fields`);
}
