import { join } from 'node:path';
import { copyToFile } from '../../postgres/copy.js';
import { postgresError } from '../../postgres/errors.js';
import { asReader, openSession } from '../../postgres/session.js';
import { inSnapshot } from '../../postgres/snapshot.js';
import type { ConnectorContext, FileEvent, PreviewRequest } from '../../sdk/types.js';
import type { PostgresSourceConfig } from './config.js';
import { checkFilter, filteredRelation } from './filter.js';
import { relationOf } from './read.js';

/** A view may have to be worked out whole before it gives its first row; somebody waits for the answer. */
const STATEMENT_TIMEOUT = '20s';

/** The first rows that the server finds, in one read-only transaction. */
export async function* preview(
  context: ConnectorContext<PostgresSourceConfig>,
  request: PreviewRequest,
): AsyncIterable<FileEvent> {
  const relation = relationOf(request.stream.name);
  await using session = await openSession(context.config, asReader(context));
  try {
    await session.run(`set statement_timeout = '${STATEMENT_TIMEOUT}'`);
    await checkFilter(session, relation, request);
    const from = `(select * from ${filteredRelation(relation, request)} limit ${request.limit}) as sample`;
    const selection = { relation, from, fields: request.fields, where: 'true' };
    yield await inSnapshot(session, () => copyToFile(session, selection, join(request.tempDir, 'preview.copy')));
  } catch (error) {
    throw postgresError(error, `Cannot read ${relation}`);
  }
}
