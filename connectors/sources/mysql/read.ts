import { join } from 'node:path';
import type { Field } from '../../../schema/types.js';
import { type FirstRead, type UpperBound, readIncremental } from '../../sdk/cursor-read.js';
import type { ConnectorContext, ReadEvent, ReadRequest } from '../../sdk/types.js';
import type { MysqlSourceConfig } from './config.js';
import { cursorRead } from './cursor-read.js';
import { type Relation, describeRelation } from './discover.js';
import { mysqlError } from './errors.js';
import { type ExtractedFile, extractFiles } from './extract.js';
import { filterSql } from './filter.js';
import { keyFields } from './predicates.js';
import { readScan } from './scan.js';
import { type Session, openSession } from './session.js';
import { relationOf } from './sql.js';
import { upperBound } from './upper-bound.js';
import { readWhole } from './whole.js';

/** One read in progress: the session, what is asked for and where files go. */
export interface MysqlRead {
  readonly session: Session;
  readonly request: ReadRequest;
  readonly relation: Relation;
  readonly log: ConnectorContext<unknown>['log'];
  /** `from … where …`. Whatever is read, counted or estimated goes through here, so no path can leave the filter out. */
  from(where: string, options?: { readonly index?: string | undefined }): string;
  /** Rows of the fields asked for, in files of about `fileBytes`. */
  extract(from: string, fileBytes?: number): AsyncGenerator<ExtractedFile>;
  /** Another session in place of one that was left in the middle of a statement. */
  reconnect(): Promise<void>;
}

/**
 * Full reads scan in key order, each slice in its own snapshot; without a key all comes from one snapshot. Incremental
 * reads begin with such a scan below a fixed upper bound, then follow the cursor.
 */
export async function* read(context: ConnectorContext<MysqlSourceConfig>, request: ReadRequest): AsyncIterable<ReadEvent> {
  yield* withRead(context, request, (reading) => {
    if (request.sync === 'full') return readFull(reading);
    const bound = (field: Field): Promise<UpperBound> => upperBound(reading, field);
    return readIncremental(cursorRead(reading), { bound, first: (first, after) => readFirst(reading, first, after) });
  });
}

/** A session may end at any statement, between two of them, too: its loss is one of the other system. */
export async function* withRead(
  context: ConnectorContext<MysqlSourceConfig>,
  request: ReadRequest,
  work: (reading: MysqlRead) => AsyncIterable<ReadEvent>,
): AsyncIterable<ReadEvent> {
  await using reading = await openRead(context, request);
  try {
    yield* work(reading);
  } catch (error) {
    context.signal.throwIfAborted();
    throw mysqlError(error, `Cannot read ${request.stream.name}`);
  }
}

export async function openRead(
  context: ConnectorContext<MysqlSourceConfig>,
  request: ReadRequest,
): Promise<MysqlRead & AsyncDisposable> {
  let session = await openSession(context.config, context);
  try {
    const relation = await describeRelation(session, context.config, request.stream.name);
    const filter = filterSql(request, relation);
    let files = 0;
    const places = [...(request.stream.primaryKey ?? []), request.cursorField]; // a place is told by the values themselves
    const nullDates = ({ name }: Field): boolean => context.config.unknownDates === 'null' && !places.includes(name);
    const nextPath = (): string => join(request.tempDir, `${files++}.csv`);
    return {
      get session() {
        return session;
      },
      ...{ request, relation, log: context.log },
      from: (where, { index } = {}) =>
        fromSql(request.stream.name, filter === undefined ? where : `(${filter}) and (${where})`, index),
      extract: (from, fileBytes = Infinity) =>
        extractFiles(session, { relation, fields: request.fields, from, nullDates }, { nextPath, fileBytes }),
      reconnect: async () => {
        session.destroy();
        await session[Symbol.asyncDispose]();
        session = await openSession(context.config, context);
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

const fromSql = (stream: string, where: string, index: string | undefined): string =>
  `from ${relationOf(stream)}${index === undefined ? '' : ` force index (\`${index.replaceAll('`', '``')}\`)`} where ${where}`;

async function* readFull(reading: MysqlRead): AsyncIterable<ReadEvent> {
  const { position } = reading.request;
  if (keyFields(reading.request, reading.relation))
    yield* readScan(reading, position.kind === 'scan' ? { after: position.scan.after } : {});
  else yield* readWhole(reading, {});
}

async function* readFirst(reading: MysqlRead, first: FirstRead, after?: readonly string[]): AsyncIterable<ReadEvent> {
  // a scan that is taken up again may be old: what has come since its bound was fixed is read in the same run
  const resumed = after ? { after, more: true } : {};
  yield* keyFields(reading.request, reading.relation) ? readScan(reading, { first, ...resumed }) : readWhole(reading, { first });
}
