import { join } from 'node:path';
import type { Field } from '../../../schema/types.js';
import { postgresError } from '../../postgres/errors.js';
import { asReader, openSession, type Session } from '../../postgres/session.js';
import { ident } from '../../postgres/sql.js';
import { type FirstRead, type UpperBound, readIncremental } from '../../sdk/cursor-read.js';
import type { ConnectorContext, FileEvent, ReadEvent, ReadRequest } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { copyToFile } from '../../postgres/copy.js';
import { cursorRead } from './cursor-read.js';
import { checkFilter, filteredRelation } from './filter.js';
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
  yield* withRead(context, request, (reading) => {
    if (request.sync === 'full') return readFull(reading);
    const bound = (field: Field): Promise<UpperBound> => upperBound(reading, field);
    return readIncremental(cursorRead(reading), { bound, first: (first, after) => readFirst(reading, first, after) });
  });
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

export async function openRead(
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

async function* readFirst(read: PostgresRead, first: FirstRead, after?: readonly string[]): AsyncIterable<ReadEvent> {
  // a scan that is taken up again may be old: what has come since its bound was fixed is read in the same run
  const resumed = after ? { after, more: true } : {};
  yield* keyOf(read.request) ? readScan(read, { first, ...resumed }) : readSnapshot(read, { first });
}

export function keyOf(request: ReadRequest): readonly string[] | undefined {
  return request.stream.primaryKey;
}
