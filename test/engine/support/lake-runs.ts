/**
 * Real runs from Postgres into Parquet files.
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { S3Access } from '../../../platform/objects/store.js';
import type { WriteMode } from '../../../schema/connection-config.js';
import { Lake } from '../../support/lake.js';
import { type FinishedRun, type Millrace, type MillraceOptions, type Reply, startMillrace } from '../../support/millrace.js';
import { type S3Server, startS3 } from '../../support/s3-server.js';

export class LakeRuns implements AsyncDisposable {
  private constructor(
    readonly millrace: Millrace,
    readonly lake: Lake,
    readonly config: S3Access & { readonly root: string },
    private readonly server: S3Server | undefined,
  ) {}

  static async start(kind: 'file' | 's3', options: MillraceOptions = {}): Promise<LakeRuns> {
    const server = kind === 's3' ? await startS3() : undefined;
    const lake = await Lake.open(await server?.bucket('lake'));
    const config = server ? { root: 's3://lake', ...server.access } : { root: lake.url };
    return new LakeRuns(await startMillrace(options), lake, config, server);
  }

  /** Asks for a connection into the lake. */
  async ask(streams: readonly object[], config: object = this.config): Promise<Reply> {
    const { millrace } = this;
    const unique = randomBytes(3).toString('hex');
    const from = { name: `src-${unique}`, connector: 'postgres', config: { url: millrace.source.url } };
    const to = { name: `dst-${unique}`, connector: 'parquet', config };
    const [source, destination] = [
      await millrace.call('POST', '/v1/sources', from),
      await millrace.call('POST', '/v1/destinations', to),
    ];
    if (destination.status !== 201) return destination;
    const ends = { sourceId: source.body.id, destinationId: destination.body.id };
    return millrace.call('POST', '/v1/connections', { name: `con-${unique}`, ...ends, streams });
  }

  /** @returns the id of the connection */
  async connect(streams: readonly object[], config?: object): Promise<string> {
    const { status, body } = await this.ask(streams, config);
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.id as string;
  }

  /** A run that has to succeed. */
  async sync(id: string, body: object = {}): Promise<FinishedRun> {
    const run = await this.millrace.sync(id, body);
    if (run.status !== 'succeeded') throw new Error(`${run.status}: ${JSON.stringify(run.streams[0]?.error ?? run.error)}`);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.millrace[Symbol.asyncDispose]();
    await this.lake[Symbol.asyncDispose]();
    await this.server?.[Symbol.asyncDispose]();
  }
}

export const stream = (table: string, mode: WriteMode, extra: object = {}) => ({ name: `public.${table}`, mode, ...extra });
