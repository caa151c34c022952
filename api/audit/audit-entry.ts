import type { Knex } from 'knex';
import { newId } from '../../platform/db/ids.js';
import type { AuditRow } from '../../platform/db/rows.js';
import { shown } from './audit-values.js';

/** What a write did. Views as the API answers them, never rows: those hold sealed secrets and hashes. */
export interface AuditChange {
  readonly resource: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface AuditedRequest {
  readonly workspaceId: string;
  readonly keyId: string;
  readonly keyName: string;
  readonly method: string;
  /** `/v1/sources/:id` */
  readonly route: string;
  /** Id in the path. */
  readonly resource: string | undefined;
  readonly requestId: string;
  /** Of the answer, as far as it is known. */
  readonly status: () => number;
}

/** What the audit log says of one request. It is written once: with the change, or when the request is answered. */
export class AuditEntry {
  readonly #at = new Date();
  #id: string | undefined; // reads, which are most of all requests, need none
  #noted: AuditChange | undefined;

  constructor(private readonly request: AuditedRequest) {}

  /** Writes the entry in the transaction of the change, so that neither is there without the other. */
  async write(tx: Knex, change: AuditChange): Promise<void> {
    await tx('audit').insert(this.row(change));
  }

  /** For a change that no transaction of ours holds: it is written with the answer. */
  note(change: AuditChange): void {
    this.#noted = change;
  }

  /** When the request is answered: adds what is not there yet, and how it ended. What was refused has changed nothing. */
  async finish(db: Knex): Promise<void> {
    const change = this.request.status() < 400 ? this.#noted : undefined;
    await db<AuditRow>('audit').insert(this.row(change)).onConflict('id').merge(['status']);
  }

  private row(change: AuditChange | undefined): AuditRow {
    const { workspaceId, keyId, keyName, method, route, resource, requestId, status } = this.request;
    this.#id ??= newId('audit', this.#at.getTime());
    return {
      id: this.#id,
      workspace_id: workspaceId,
      key_id: keyId,
      key_name: keyName,
      method,
      route: route.replaceAll(/:(\w+)/g, '{$1}'),
      resource: change?.resource ?? resource ?? null,
      status: status(),
      request_id: requestId,
      before: shown(change?.before),
      after: shown(change?.after),
      at: this.#at,
    };
  }
}
