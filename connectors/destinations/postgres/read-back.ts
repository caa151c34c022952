import { join } from 'node:path';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { type Session, asReader, openSession } from '../../postgres/session.js';
import { ident, qualified } from '../../postgres/sql.js';
import { copyExpression, stageRules } from '../../postgres/types.js';
import { copyToFile } from '../../postgres/copy.js';
import type { ReadBackRequest } from '../../sdk/hashes.js';
import type { ConnectorContext, CsvColumnRule, FileEvent } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { requireColumns, rowsWhere } from './hashes.js';

const PAGE_BYTES = 8_192;

/** Rows of a target as files with the types in which they were staged; all of one moment. */
export async function* readBack(
  context: ConnectorContext<PostgresDestinationConfig>,
  request: ReadBackRequest,
): AsyncIterable<FileEvent> {
  await using session = await openSession(context.config, asReader(context));
  try {
    await requireColumns(session, request.target);
    await session.run('begin isolation level repeatable read read only');
    const ranges = await pageRanges(session, request);
    for (const [index, range] of ranges.entries()) yield await copyRange(session, request, { index, range });
  } catch (error) {
    throw postgresError(error, `Cannot read ${qualified(request.target)}`);
  }
}

async function copyRange(
  session: Session,
  { fields, target, rows, tempDir }: ReadBackRequest,
  { index, range }: { readonly index: number; readonly range: string },
): Promise<FileEvent> {
  const columns = fields.map((field) => `${columnExpression(field)} as ${ident(field.name)}`).join(', ');
  const from = `(select ${columns || 'null as "nothing"'} from ${qualified(target)} where ${rowsWhere(rows)} and ${range}) as held`;
  const event = await copyToFile(
    session,
    { relation: qualified(target), from, fields: fields.map(withoutNative), where: 'true' },
    join(tempDir, `held-${index}.csv`),
  );
  return event.file.format === 'csv' ? { ...event, file: { ...event.file, columns: fields.map(rulesOf) } } : event;
}

/** The inner select has made text of what needs it. */
const withoutNative = ({ name, type, nullable }: Field): Field => ({ name, type, nullable });

/** Lists of a transform have no type of Postgres's own: their literal cannot be told from a text by its look. */
const isForeignList = ({ type, native }: Field): boolean => type.endsWith('[]') && native?.system !== 'postgres';

function columnExpression(field: Field): string {
  const column = ident(fitIdentifier(field.name));
  return isForeignList(field) ? `to_json(${column})` : copyExpression(column, field);
}

function rulesOf(field: Field): readonly CsvColumnRule[] {
  return isForeignList(field) ? [{ read: 'JSON', stage: (column) => column }] : stageRules(field);
}

/** Conditions on `ctid` that together cover the table: no file becomes much larger than it should. */
async function pageRanges(session: Session, { target, fileBytes }: ReadBackRequest): Promise<string[]> {
  const [size] = await session.rows<{ bytes: string; plain: string }>(
    `select pg_table_size(oid)::text as bytes, (relkind = 'r')::text as plain from pg_class where oid = $1::regclass`,
    [qualified(target)],
  );
  if (size?.plain !== 'true') return ['true'];
  const pages = Math.ceil(Number(size.bytes) / PAGE_BYTES);
  const step = Math.max(1, Math.floor(fileBytes / PAGE_BYTES));
  const starts = Array.from({ length: Math.max(1, Math.ceil(pages / step)) }, (_, index) => index * step);
  return starts.map((start, index) => {
    const last = index === starts.length - 1;
    return `ctid >= '(${start},0)'::tid${last ? '' : ` and ctid < '(${start + step},0)'::tid`}`;
  });
}
