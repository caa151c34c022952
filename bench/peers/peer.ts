/**
 * Other tools that copy a table from Postgres to Postgres, each in an environment of its own and behind one interface.
 * @module
 */
import type { Cost } from './run-measured.js';

export interface CopyJob {
  /** Connection URLs with user and password. */
  readonly source: string;
  readonly destination: string;
  /** In the schema `public` of both; the target is called as the source. */
  readonly table: string;
  /** For what the peer keeps from one run to the next; empty before the first. */
  readonly folder: string;
}

export interface IncrementalJob extends CopyJob {
  readonly key: string;
  readonly cursor: string;
}

export interface Peer {
  /** Also the name of its environment. */
  readonly name: string;
  /** Of what is measured, as `package version`. */
  readonly version: string;
  /** Makes it ready; at once when it is already. @throws Error with the reason, when it cannot be had here */
  install(): Promise<void>;
  /** All rows into a target that does not exist, or is replaced. @throws Error with the end of its stderr */
  fullRefresh(job: CopyJob): Promise<Cost>;
  /**
   * Rows since the last run, merged by key: everything the first time, nothing when nothing changed. A tool that has no such
   * thing has no such method.
   */
  incremental?(job: IncrementalJob): Promise<Cost>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** For tools that take no URL. */
export function endpointOf(url: string): Endpoint {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}
