/**
 * What the entry points of the API and the worker are given, and what they give back. Whoever starts them (embedded
 * stack, `millrace api`, `millrace worker`, tests) owns the servers and the signals; they own only what they open.
 * @module
 */
import type { Settings } from './settings.js';

export interface ApiOptions {
  readonly settings: Settings;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** Base of the links into the Temporal Web UI, without a slash at the end; no links when absent. */
  readonly temporalUiUrl?: string;
  /** The stage of the workers, from which rejected rows are shown; they cannot be shown when absent. */
  readonly stageUrl?: string;
  /** 32 bytes: encrypts the secrets of sources and destinations at rest. */
  readonly secretKey: Buffer;
  /** 0 = any free port. */
  readonly port: number;
  readonly host?: string;
  /** State of a worker in the same process, for `/readyz`; absent when workers run elsewhere. */
  readonly workerState?: () => string;
}

export interface RunningApi {
  readonly url: string;
  readonly port: number;
  /** Stops accepting requests, ends what is open, and closes its pools. */
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly settings: Settings;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  /** `file:///…` or `s3://…` */
  readonly stageUrl: string;
  readonly secretKey: Buffer;
  readonly identity?: string;
}

export interface RunningWorker {
  /** As Temporal's worker says it; `RUNNING` when it polls. */
  state(): string;
  /** Rejects when the worker dies; never resolves. */
  readonly failed: Promise<never>;
  /** Ends at slice edges, or abandons within the grace (I11). */
  drain(): Promise<void>;
}

/** The content of `$MILLRACE_HOME/stack.json`, there while an embedded stack is ready. */
export interface StackFile {
  readonly apiUrl: string;
  readonly apiKeyFile: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** null when the Temporal server is not ours and no address of its UI is set. */
  readonly temporalUiUrl: string | null;
  readonly stageUrl: string;
  readonly pid: number;
}
