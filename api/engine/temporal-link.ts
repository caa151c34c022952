/**
 * The API's side of Temporal: client calls only, each with a time limit, each failure an error of the catalogue.
 * @module
 */
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { dataConverter } from '../../platform/temporal/payload-codec.js';
import { engineError } from './engine-errors.js';

export interface TemporalLinkOptions {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** Take TLS and API key from Temporal's own environment variables; not for the server of an embedded stack. */
  readonly useEnvironment: boolean;
}

const PROBE_MS = 1_000;
/** About a second in all: a server that restarts is waited for, one that is away is soon told of. */
const CALL_ATTEMPTS = 4;

/** One lazy connection, so that the API starts, and serves what needs no Temporal, while Temporal is away. */
export class TemporalLink {
  readonly client: Client;
  readonly namespace: string;
  readonly taskQueue: string;

  constructor(options: TemporalLinkOptions) {
    const connection = Connection.lazy({
      ...(options.useEnvironment ? environmentOptions() : {}),
      address: options.address,
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: CALL_ATTEMPTS }))],
    });
    this.client = new Client({
      connection,
      namespace: options.namespace,
      dataConverter,
      workflow: { queryRejectCondition: 'NOT_OPEN' }, // what a workflow knew before it was lost is no answer
    });
    this.namespace = options.namespace;
    this.taskQueue = options.taskQueue;
  }

  /** @throws MillraceError `engine.no_worker`, `engine.unavailable`, or whatever code the engine refused with. */
  async call<T>(limitMs: number, run: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.client.connection.withDeadline(Date.now() + limitMs, () => run(this.client));
    } catch (error) {
      throw await engineError(error, () => this.reachable());
    }
  }

  async reachable(): Promise<boolean> {
    try {
      await this.client.connection.withDeadline(Date.now() + PROBE_MS, () => this.client.workflowService.getSystemInfo({}));
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await this.client.connection.close();
  }
}

function environmentOptions(): object {
  const { tls, apiKey, metadata } = loadClientConnectConfig().connectionOptions;
  return { ...(tls ? { tls } : {}), ...(apiKey ? { apiKey } : {}), ...(metadata ? { metadata } : {}) };
}
