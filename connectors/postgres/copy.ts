import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { giveBack } from '../../platform/files/megabytes.js';
import type { Field } from '../../schema/types.js';
import { CopyOut } from './copy-out.js';
import { postgresError } from './errors.js';
import type { Session } from './session.js';
import { ident } from './sql.js';
import { copyExpression, stageRules } from './types.js';
import type { FileEvent } from '../sdk/types.js';

const LINE_FEED = 0x0a;

export interface CopySelection {
  /** For messages. */
  readonly relation: string;
  readonly from: string;
  readonly fields: readonly Field[];
  readonly where: string;
  /** Hand the rows over as Postgres wrote them. */
  readonly native?: string | undefined;
}

/**
 * Streams a selection into a CSV file on the server's side of the work: no row becomes a JavaScript object. The header is
 * there so that the file never begins with data, whose byte order mark a reader would drop.
 */
export async function copyToFile(session: Session, selection: CopySelection, path: string): Promise<FileEvent> {
  const columns = selection.fields.map((field) => copyExpression(ident(field.name), field)).join(', ');
  const format = selection.native === undefined ? 'format csv, header true' : 'format binary';
  const statement = `copy (select ${columns} from ${selection.from} where ${selection.where}) to stdout (${format})`;
  const { native } = selection;
  const copied = new CopyOut(statement);
  const hash = createHash('sha256');
  let lineFeeds = 0;
  let bytes = 0;
  try {
    await using file = await open(path, 'wx');
    session.client.query(copied); // it may fail at once: read it without a wait in between
    for await (const chunk of copied as AsyncIterable<Buffer>) {
      const written = file.writeFile(chunk);
      bytes += chunk.length;
      if (native === undefined) lineFeeds += countLineFeeds(chunk);
      else hash.update(chunk);
      await written;
      giveBack(chunk);
    }
  } catch (error) {
    throw postgresError(error, `Cannot read ${selection.relation}`);
  }
  return {
    kind: 'file',
    file:
      native === undefined
        ? { format: 'csv', path, lineFeeds, columns: selection.fields.map(stageRules) }
        : { format: 'native', native, path, sha256: hash.digest('hex') },
    rows: copied.rows,
    bytes,
  };
}

function countLineFeeds(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) count++;
  return count;
}
