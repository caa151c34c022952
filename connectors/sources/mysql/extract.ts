import { type FileHandle, open } from 'node:fs/promises';
import { giveBack } from '../../../platform/files/megabytes.js';
import type { Field } from '../../../schema/types.js';
import type { FileEvent } from '../../sdk/types.js';
import type { Relation } from './discover.js';
import type { Session } from './session.js';
import { ident } from './sql.js';
import { type ColumnReading, columnReading, stageRules } from './types.js';
import { type CsvChunk, rowValues } from './wire/csv-rows.js';
import { RowsOut } from './wire/rows-out.js';

export interface Selection {
  readonly relation: Relation;
  readonly fields: readonly Field[];
  /** Everything behind the columns: from, where, order. */
  readonly from: string;
  /** Fields whose dates that are none are read as NULL. */
  readonly nullDates: (field: Field) => boolean;
}

/** Where files go. */
export interface Destination {
  /** A new path. */
  nextPath(): string;
  /** A file ends when it has come to this. */
  readonly fileBytes: number;
}

export interface ExtractedFile extends FileEvent {
  /** The values of the last row as they came; none when there was no row. */
  readonly last: readonly (Buffer | null)[];
  /** The statement has more rows. */
  readonly more: boolean;
}

function readingOf({ relation, nullDates }: Selection, field: Field): ColumnReading {
  const type = relation.columns.get(field.name) ?? { dataType: '', columnType: '' };
  return columnReading(ident(field.name), field, { ...type, unknownDates: nullDates(field) ? 'null' : 'bad_value' });
}

/**
 * Streams a selection into CSV files of about `fileBytes`, of which there is at least one; the server waits while one is used.
 * Whoever leaves before the end must end the session, too.
 */
export async function* extractFiles(session: Session, selection: Selection, to: Destination): AsyncGenerator<ExtractedFile> {
  const { fields } = selection;
  const readings = fields.map((field) => readingOf(selection, field));
  const statement = `${session.mark}select ${readings.map(({ select }) => select).join(', ')} ${selection.from}`;
  const out = new RowsOut(
    session.socket,
    statement,
    readings.map(({ csv }) => csv),
  );
  const chunks = out[Symbol.asyncIterator]() as AsyncIterator<CsvChunk>;
  let last: Buffer | undefined;
  try {
    for (let next = await chunks.next(), first = true; first || !next.done; first = false) {
      const path = to.nextPath();
      const file = await CsvFile.create(path, fields);
      try {
        for (; !next.done && file.bytes < to.fileBytes; next = await chunks.next()) {
          await file.add(next.value);
          ({ last } = next.value);
          giveBack(next.value.bytes);
        }
      } finally {
        await file.close();
      }
      yield { ...file.event(), last: last ? rowValues(last) : [], more: next.done !== true };
    }
  } finally {
    out.destroy();
  }
}

class CsvFile {
  bytes = 0;
  #rows = 0;
  #lineFeeds = 1;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly fields: readonly Field[],
  ) {}

  /** The header is there so that the file never begins with data, whose byte order mark a reader would drop. */
  static async create(path: string, fields: readonly Field[]): Promise<CsvFile> {
    const file = await open(path, 'wx');
    await file.writeFile(`${fields.map((_, index) => `c${index}`).join(',')}\n`);
    return new CsvFile(path, file, fields);
  }

  async add({ bytes, rows, lineFeeds }: CsvChunk): Promise<void> {
    await this.file.writeFile(bytes);
    this.bytes += bytes.length;
    this.#rows += rows;
    this.#lineFeeds += lineFeeds;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  event(): FileEvent {
    const file = { format: 'csv', path: this.path, lineFeeds: this.#lineFeeds, columns: this.fields.map(stageRules) } as const;
    return { kind: 'file', file, rows: this.#rows, bytes: this.bytes };
  }
}
