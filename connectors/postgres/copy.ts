import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { to as copyTo } from 'pg-copy-streams';
import type { Field } from '../../schema/types.js';
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
  const counted = countLineFeeds();
  const rows = session.client.query(copyTo(statement));
  const answered = serverHasAnswered(rows);
  try {
    await pipeline(rows, counted.stream, createWriteStream(path, { flags: 'wx', highWaterMark: 1 << 20 }));
    await answered;
  } catch (error) {
    throw postgresError(error, `Cannot read ${selection.relation}`);
  }
  const { native } = selection;
  return {
    kind: 'file',
    file:
      native === undefined
        ? { format: 'csv', path, lineFeeds: counted.lineFeeds(), columns: selection.fields.map(stageRules) }
        : { format: 'native', native, path },
    rows: (rows as unknown as { rowCount: number }).rowCount,
    bytes: counted.bytes(),
  };
}

/** The stream ends with the last row; how many there were, and whether all went well, the server says only then. */
function serverHasAnswered(rows: NodeJS.ReadableStream): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    Object.assign(rows, { handleReadyForQuery: () => resolve() });
    rows.once('error', reject);
  });
  answered.catch(() => undefined); // it may fail while nobody waits for it yet
  return answered;
}

function countLineFeeds(): { stream: Transform; lineFeeds(): number; bytes(): number } {
  let lineFeeds = 0;
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) lineFeeds++;
      done(null, chunk);
    },
  });
  return { stream, lineFeeds: () => lineFeeds, bytes: () => bytes };
}
