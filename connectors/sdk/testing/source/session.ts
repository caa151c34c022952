import { cursorType } from '../../cursor.js';
import { isMillraceError } from '../../../../platform/errors/error.js';
import { maskSecrets, secretTexts } from '../../../../platform/secrets/mask.js';
import type { Catalog, StreamDescription } from '../../../../schema/types.js';
import type { ConnectorContext, SourceDefinition } from '../../types.js';
import { Bench, type StagedRow } from '../bench.js';
import { DEFAULT_LIMITS, type HarnessLimits, type SourceHarness, type StreamCase } from '../harness.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { type Ask, type WholeRead, readOn } from './read.js';

/** Without expectations only so many streams are looked at. */
const STREAMS_UNASKED = 3;

/** A stream under test. */
export interface Subject {
  readonly known: StreamCase;
  readonly stream: StreamDescription;
}

/** What the checks of one source share. It remembers what was read, never anything of the connector. */
export class SourceSession implements AsyncDisposable {
  readonly definition: SourceDefinition<unknown>;
  readonly limits: Required<HarnessLimits>;
  /** Everything that the connector said: log lines, facts, reasons, errors. Looked through for secrets at the end. */
  readonly said: string[] = [];
  /** Fires when the check in progress has taken too long. */
  signal: AbortSignal = new AbortController().signal;
  #catalog: Promise<Catalog> | undefined;
  readonly #reads = new Map<string, Promise<WholeRead>>();

  private constructor(
    readonly harness: SourceHarness,
    readonly bench: Bench,
  ) {
    this.definition = harness.definition as SourceDefinition<unknown>;
    this.limits = { ...DEFAULT_LIMITS, ...harness.limits };
  }

  static async open(harness: SourceHarness): Promise<SourceSession> {
    return new SourceSession(harness, await Bench.open());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]();
  }

  /** A new one for each call, as after a restart. */
  context(config: unknown = this.harness.goodConfig, signal: AbortSignal = this.signal): ConnectorContext<unknown> {
    const say = (message: string, facts: Record<string, unknown> = {}): void =>
      void this.said.push(`${message} ${JSON.stringify(facts)}`);
    const log = { debug: say, info: say, warn: say };
    return { config: this.definition.config.parse(structuredClone(config)), signal, log, sessionName: 'millrace/conformance' };
  }

  /** Secrets of both configurations, in clear. */
  secrets(): readonly string[] {
    const { goodConfig, badConfig } = this.harness;
    return [goodConfig, badConfig].flatMap((config) => secretTexts(this.definition.config, config));
  }

  hidden(text: string): string {
    return maskSecrets(text, this.secrets());
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

  /** Notes what was thrown, for the search for secrets. */
  heard(error: unknown): void {
    for (let cause = error; cause instanceof Error; cause = cause.cause) this.said.push(cause.message);
    if (isMillraceError(error)) this.said.push(error.suggestion, JSON.stringify(error.facts ?? {}));
  }
}
