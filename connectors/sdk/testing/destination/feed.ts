import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { END, type Position, START } from '../../../../checkpoint/position.js';
import type { WriteMode } from '../../../../schema/connection-config.js';
import type { Field, Target } from '../../../../schema/types.js';
import { openSegments } from '../../../../stage/reader.js';
import { rowsFile } from '../../../../stage/rows.js';
import { SliceWriter } from '../../../../stage/writer.js';
import type { FenceResult, LoadRequest, LoadResult } from '../../destination.js';
import type { RowsEvent } from '../../types.js';
import type { ExpectedRow } from '../harness.js';
import { CheckFault } from '../report.js';
import { type DestinationSession, FIELDS } from './session.js';

export interface FeedOptions {
  readonly mode: WriteMode;
  /** Every run reads all of the stream. */
  readonly whole?: boolean;
}

/** What a load differs in from the next slice of its feed. */
export interface LoadOptions {
  readonly fields?: readonly Field[];
  /** Of a whole read: more slices follow. */
  readonly more?: boolean;
  readonly signal?: AbortSignal;
  readonly override?: Partial<LoadRequest>;
}

const FEED = 'conformance';

/** One stream that is loaded into a table of its own, run after run, as the engine does it. */
export class TestFeed {
  readonly connectionId = `con_${randomBytes(8).toString('hex')}`;
  readonly target: Target;
  epoch = 0;
  #asOf = '';
  #lineage = 0;
  #seq = 0;
  #position: Position = START;

  private constructor(
    readonly session: DestinationSession,
    readonly options: FeedOptions,
  ) {
    this.target = { schema: session.harness.schema, table: `conformance_${randomBytes(6).toString('hex')}` };
  }

  /** A feed whose first run has begun. */
  static async begin(session: DestinationSession, options: FeedOptions): Promise<TestFeed> {
    const feed = new TestFeed(session, options);
    await feed.run();
    return feed;
  }

  /** The next run begins: it takes the destination over, and a whole read starts anew. */
  async run(): Promise<void> {
    const raised = await this.fence(this.epoch + 1);
    if (raised.outcome === 'refused')
      throw new CheckFault(
        `fence refuses epoch ${this.epoch + 1}, saying that ${raised.epoch} is known.`,
        'Refuse only lower epochs.',
      );
    this.epoch += 1;
    this.#asOf = raised.asOf;
    if (!this.options.whole && this.#lineage > 0) return;
    this.#lineage += 1;
    this.#seq = 0;
    this.#position = START;
  }

  fence(epoch: number): Promise<FenceResult> {
    const { session, connectionId, target } = this;
    const context = session.contextOf({ connectionId, epoch, attempt: 1 });
    return session.definition.fence(context, {
      ...{ connectionId, epoch, run: epoch, track: 'live' },
      feeds: [{ name: FEED, target }],
    });
  }

  /** Loads the next slice; a slice that was loaded moves the feed on. */
  async load(rows: readonly ExpectedRow[], options: LoadOptions = {}): Promise<LoadResult> {
    const request = await this.request(rows, options);
    const result = await this.send(request, options.signal);
    this.#seq = result.seq;
    this.#position = result.to;
    return result;
  }

  send(request: LoadRequest, signal?: AbortSignal): Promise<LoadResult> {
    const { epoch, attempt } = request;
    const context = this.session.contextOf({ connectionId: this.connectionId, epoch, attempt }, signal);
    return this.session.definition.load(context, request);
  }

  /** What the engine would ask for the next slice. */
  async request(rows: readonly ExpectedRow[], { fields = FIELDS, more, override = {} }: LoadOptions = {}): Promise<LoadRequest> {
    const { mode, whole = false } = this.options;
    const { bench, signal } = this.session;
    const tempDir = await bench.folder();
    const { engine, stage } = bench;
    const folder = `load-${randomBytes(6).toString('hex')}`;
    const writer = new SliceWriter({ stage, engine, tempDir, folder, stream: FEED, fields, signal });
    await writer.add(await rowsFile({ kind: 'rows', rows: rows as RowsEvent['rows'] }, fields, join(tempDir, 'rows.jsonl')));
    const staged = writer.finish();
    const seq = this.#seq + 1;
    const { connectionId, epoch, target } = this;
    return {
      ...{ connectionId, stream: FEED, feed: FEED, epoch, run: epoch, track: 'live', lineage: this.#lineage, seq },
      ...{ from: this.#position, to: this.#next(seq, more === true) },
      manifestSha256: createHash('sha256')
        .update(`${folder} ${JSON.stringify(rows)}`)
        .digest('hex'),
      ...{ mode, dedup: 'newest_wins', deletes: 'hard', onDependents: 'auto', rowPolicy: 'null_field' },
      ...{ primaryKey: ['id'], uniqueKey: false, whole, target, columns: staged.columns },
      ...(whole ? { shadow: { publish: more !== true, replace: false } } : { cursorField: 'rev' }),
      segments: await openSegments(stage, staged, tempDir),
      ...{ rows: staged.staged, extracted: staged.staged, repeated: 0, filtered: 0 },
      ...{ extractedAt: new Date().toISOString(), asOf: this.#asOf, tempDir, engine, attempt: 1 },
      keepRejects: async ({ rows: rejected }) => ({ manifest: `${folder}/rejects.json`, sha256: '0'.repeat(64), rows: rejected }),
      ...override,
    };
  }

  #next(seq: number, more: boolean): Position {
    const at = String(seq * 10);
    if (!this.options.whole) return { kind: 'cursor', cursor: { type: 'int', field: 'rev', value: at } };
    return more ? { kind: 'scan', scan: { by: ['id'], after: [at] } } : END;
  }
}
