import type { CsvDialect } from '../config.js';

/** What a file turned out to be, independent of DuckDB. */
export interface ScannedRecords {
  /** With the header. */
  readonly records: number;
  /** More than one kind of line end outside quotes. */
  readonly mixedLineEnds: boolean;
  /** Line (from 1) of a quote that is never closed. */
  readonly openQuoteLine?: number;
}

const LF = 0x0a;
const CR = 0x0d;
const NONE = -1;

export interface ScanOptions {
  /** Where there is only one column, a line without any character is a NULL; otherwise it is no record. */
  readonly countBlankLines?: boolean;
  /** Asks for the line at which this record (from 1) begins. */
  readonly wanted?: number;
}

type At = 'fieldStart' | 'bare' | 'quoted' | 'quoteInQuoted' | 'escaped';

/**
 * Counts the records of a CSV file. DuckDB's reader was seen to drop records without an error (a quote that is never closed,
 * a header with the wrong kind of line end), so its count is compared with this one.
 */
export class RecordScanner {
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  #at: At = 'fieldStart';
  #afterCr = false;
  #isBlank = true;
  #records = 0;
  #line = 1;
  #quoteLine = 1;
  #lineEnds = { lf: 0, cr: 0, crlf: 0 };
  #lineOfRecord: number | undefined;

  constructor(
    dialect: Pick<CsvDialect, 'delimiter' | 'quote' | 'escape'>,
    private readonly options: ScanOptions = {},
  ) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#quote = dialect.quote === '' ? NONE : dialect.quote.charCodeAt(0);
    this.#escape = dialect.escape === '' ? NONE : dialect.escape.charCodeAt(0);
  }

  get lineOfRecord(): number | undefined {
    return this.#lineOfRecord;
  }

  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === LF || byte === CR) this.#lineEnd(byte);
      else this.#character(byte);
    }
  }

  end(): ScannedRecords {
    this.#closeRecord();
    const { lf, cr, crlf } = this.#lineEnds;
    const isOpen = this.#at === 'quoted' || this.#at === 'escaped';
    return {
      records: this.#records,
      mixedLineEnds: [lf, cr, crlf].filter((count) => count > 0).length > 1,
      ...(isOpen ? { openQuoteLine: this.#quoteLine } : {}),
    };
  }

  #character(byte: number): void {
    this.#afterCr = false;
    if (this.#isBlank) this.#beginRecord();
    this.#at = this.#next(byte);
  }

  #beginRecord(): void {
    this.#isBlank = false;
    this.#records += 1;
    if (this.#records === this.options.wanted) this.#lineOfRecord = this.#line;
  }

  #next(byte: number): At {
    switch (this.#at) {
      case 'quoted':
        if (byte === this.#escape && this.#escape !== this.#quote) return 'escaped';
        return byte === this.#quote ? 'quoteInQuoted' : 'quoted';
      case 'escaped':
        return 'quoted';
      case 'quoteInQuoted':
        if (byte === this.#quote) return 'quoted';
        return byte === this.#delimiter ? 'fieldStart' : 'bare';
      case 'fieldStart':
        if (byte === this.#quote) this.#quoteLine = this.#line;
        if (byte === this.#quote) return 'quoted';
        return byte === this.#delimiter ? 'fieldStart' : 'bare';
      default:
        return byte === this.#delimiter ? 'fieldStart' : 'bare';
    }
  }

  #lineEnd(byte: number): void {
    const completesCrLf = byte === LF && this.#afterCr;
    this.#afterCr = byte === CR;
    if (this.#at === 'quoted' || this.#at === 'escaped') {
      if (!completesCrLf) this.#line += 1;
      this.#at = 'quoted';
      return;
    }
    if (completesCrLf) {
      this.#lineEnds.cr -= 1;
      this.#lineEnds.crlf += 1;
      return;
    }
    if (this.#isBlank && this.options.countBlankLines) this.#beginRecord();
    this.#line += 1;
    this.#lineEnds[byte === LF ? 'lf' : 'cr'] += 1;
    this.#closeRecord();
  }

  #closeRecord(): void {
    this.#isBlank = true;
    if (this.#at !== 'quoted' && this.#at !== 'escaped') this.#at = 'fieldStart';
  }
}
