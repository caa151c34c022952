import { cursorType } from '../../cursor.js';
import type { Catalog, StreamDescription } from '../../../../schema/types.js';
import type { SourceDefinition } from '../../types.js';
import { Bench, type StagedRow } from '../bench.js';
import type { SourceHarness, StreamCase } from '../harness.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { ConnectorSession } from '../session.js';
import { type Ask, type WholeRead, readOn } from './read.js';

/** Without expectations only so many streams are looked at. */
const STREAMS_UNASKED = 3;

/** A stream under test. */
export interface Subject {
  readonly known: StreamCase;
  readonly stream: StreamDescription;
}

/** What the checks of one source share. */
export class SourceSession extends ConnectorSession<SourceDefinition<unknown>> {
  #catalog: Promise<Catalog> | undefined;
  readonly #reads = new Map<string, Promise<WholeRead>>();

  private constructor(
    override readonly harness: SourceHarness,
    bench: Bench,
  ) {
    super(harness, bench);
  }

  static async open(harness: SourceHarness): Promise<SourceSession> {
    return new SourceSession(harness, await Bench.open());
  }

  catalog(): Promise<Catalog> {
    this.#catalog ??= this.definition.discover(this.context());
    return this.#catalog;
  }

  async subjects(): Promise<readonly Subject[]> {
    const { streams } = await this.catalog();
    const cases = this.harness.streams ?? streams.slice(0, STREAMS_UNASKED).map(({ name }) => ({ name }));
    if (cases.length === 0)
      throw new CheckSkipped('There is no stream to read.', 'Point the configuration at a system that holds something.');
    return cases.map((known) => {
      const stream = streams.find(({ name }) => name === known.name);
      if (stream) return { known, stream };
      const names = streams.slice(0, 10).map(({ name }) => name);
      throw new CheckFault(
        `discover does not list ${known.name}; it lists ${names.join(', ') || 'nothing'}.`,
        'Return every stream that can be read.',
      );
    });
  }

  /** How a stream is read incrementally; undefined when it cannot be. */
  incremental({ known, stream }: Subject): Ask | undefined {
    if (stream.sourceDefinedCursor) return { stream, sync: 'incremental' };
    const name = known.cursorField ?? stream.cursorCandidates[0];
    const field = stream.fields.find((candidate) => candidate.name === name);
    const type = field && cursorType(field);
    return field && type ? { stream, sync: 'incremental', cursor: { field: field.name, type } } : undefined;
  }

  /** The first read of a stream from its beginning, remembered. */
  firstRead(ask: Ask): Promise<WholeRead> {
    const key = `${ask.sync} ${ask.stream.name}`;
    const known = this.#reads.get(key);
    if (known) return known;
    const read = readOn(this, ask);
    this.#reads.set(key, read);
    return read;
  }

  /** The author's rows, as staged; undefined when none were given. */
  async expected({ known, stream }: Subject): Promise<readonly StagedRow[] | undefined> {
    return known.rows && this.bench.expected(stream.fields, known.rows, this.signal);
  }
}
