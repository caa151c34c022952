import { join } from 'node:path';
import { MillraceError } from '../../../platform/errors/error.js';
import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { asReader, openSession, type Session } from '../../postgres/session.js';
import { ident } from '../../postgres/sql.js';
import type { ConnectorContext, FileEvent, ReadEvent, ReadRequest } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { copyToFile } from '../../postgres/copy.js';
import { checkFilter, filteredRelation } from './filter.js';
import { readChanges } from './incremental.js';
import { readScan } from './scan.js';
import { readSnapshot } from './snapshot.js';
import { upperBound } from './upper-bound.js';

/** One read in progress: the session, what is asked for and where files go. */
export interface PostgresRead {
  readonly session: Session;
  readonly request: ReadRequest;
  /** Quoted name of the stream's relation. */
  readonly relation: string;
  /** What its rows are selected from: the relation, or its rows that meet the filter. */
  readonly from: string;
  readonly log: ConnectorContext<unknown>['log'];
  copy(where: string): Promise<FileEvent>;
}

/** A stream name is `schema.table`; only the first dot separates. */
export function relationOf(stream: string): string {
  const dot = stream.indexOf('.');
  return `${ident(stream.slice(0, dot))}.${ident(stream.slice(dot + 1))}`;
}

/**
 * Full reads scan in key order, each slice in its own snapshot; without a key all comes from one snapshot. Incremental
 * reads begin with such a scan below a fixed upper bound, then follow the cursor.
 */
export async function* read(context: ConnectorContext<PostgresSourceConfig>, request: ReadRequest): AsyncIterable<ReadEvent> {
  yield* withRead(context, request, (reading) => (request.sync === 'full' ? readFull(reading) : readIncremental(reading)));
}

/** A session may end at any statement, between two of them, too: its loss is one of the other system. */
export async function* withRead(
  context: ConnectorContext<PostgresSourceConfig>,
  request: ReadRequest,
  read: (reading: PostgresRead) => AsyncIterable<ReadEvent>,
): AsyncIterable<ReadEvent> {
  await using reading = await openRead(context, request);
  try {
    await checkFilter(reading.session, reading.relation, request);
    yield* read(reading);
  } catch (error) {
    throw postgresError(error, `Cannot read ${reading.relation}`);
  }
}

async function openRead(
  context: ConnectorContext<PostgresSourceConfig>,
  request: ReadRequest,
): Promise<PostgresRead & AsyncDisposable> {
  const relation = relationOf(request.stream.name);
  const from = filteredRelation(relation, request);
  const session = await openSession(context.config, asReader(context));
  let files = 0;
  const copy = (where: string): Promise<FileEvent> =>
    copyToFile(
      session,
      { relation, from, fields: request.fields, where, native: request.native },
      join(request.tempDir, `${files++}.copy`),
    );
  const dispose = (): PromiseLike<void> => session[Symbol.asyncDispose]();
  return { session, request, relation, from, log: context.log, copy, [Symbol.asyncDispose]: dispose };
}

async function* readFull(read: PostgresRead): AsyncIterable<ReadEvent> {
  const { position } = read.request;
  if (keyOf(read.request))
    yield* readScan(read, { where: 'true', ...(position.kind === 'scan' ? { after: position.scan.after } : {}) });
  else yield* readSnapshot(read, { where: 'true' });
}

async function* readIncremental(read: PostgresRead): AsyncIterable<ReadEvent> {
  const { position } = read.request;
  const field = requireField(read.request, read.request.cursorField);
  if (position.kind === 'scan') {
    return yield* readFirst(read, field, position.scan.upper?.value ?? null, position.scan.after);
  }
  const bound = await upperBound(read, field);
  if (bound.unproven !== undefined) yield { kind: 'unproven', reason: bound.unproven };
  if (bound.delayed !== undefined) yield { kind: 'delayed', reason: bound.delayed };
  if (position.kind === 'cursor') yield* readChanges(read, field, position.cursor.value, bound.value);
  else if (bound.delayed === undefined || bound.value !== null) yield* readFirst(read, field, bound.value);
}

async function* readFirst(
  read: PostgresRead,
  field: Field,
  upper: string | null,
  after?: readonly string[],
): AsyncIterable<ReadEvent> {
  const first = { field, upper };
  // a scan that is taken up again may be old: what has come since its bound was fixed is read in the same run
  const resumed = after ? { after, more: true } : {};
  yield* keyOf(read.request) ? readScan(read, { first, ...resumed }) : readSnapshot(read, { first });
}

export function keyOf(request: ReadRequest): readonly string[] | undefined {
  return request.stream.primaryKey;
}

export function requireField(request: ReadRequest, name: string | undefined): Field {
  const field = request.fields.find((candidate) => candidate.name === name);
  if (field) return field;
  throw new MillraceError('source.field_missing', {
    detail: `Stream ${request.stream.name} has no field '${name ?? ''}' to use as cursor.`,
    path: 'cursorField',
    stream: request.stream.name,
  });
}
