import type { CheckResult, ConnectorInfo } from '../../connectors/sdk/types.js';
import type { ConnectorRow } from '../../platform/db/rows.js';
import { MillraceError, isMillraceError } from '../../platform/errors/error.js';
import { decryptConfig, describeConfig, encryptConfig } from '../../platform/secrets/config.js';
import type { Secrets } from '../../platform/secrets/secrets.js';
import type { Catalog } from '../../schema/types.js';
import type { ProbeInput } from '../../workflows/messages.js';
import type { Deletion } from '../archive/archive.js';
import type { Principal } from '../auth/principal.js';
import type { Probes } from '../engine/probes.js';
import { created, tagged, type Answer } from '../http/answer.js';
import { assertMatches } from '../http/etag.js';
import type { Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import { changedConfig, validateConfig } from './system-config.js';
import type { CreateSystem, SystemChange, SystemList, SystemView } from './system-schemas.js';
import type { SystemStore } from './system-store.js';

/** What the API does with sources, and likewise with destinations. */
export class SystemService {
  constructor(
    private readonly store: SystemStore,
    private readonly probes: Probes,
    private readonly secrets: Secrets,
  ) {}

  async create({ workspaceId, audit }: Principal, body: CreateSystem): Promise<Answer<SystemView>> {
    const connector = this.store.kind.find(body.connector);
    validateConfig(connector, body.config, this.secrets.providers);
    const config = encryptConfig(connector.config, body.config, this.secrets.ring);
    const system = { ...body, workspaceId, config };
    const row = await this.store.insert(system, (tx, made) => audit.write(tx, { resource: made.id, after: this.view(made) }));
    return created(this.view(row), row, `/v1/${this.store.kind.table}/${row.id}`);
  }

  async list({ workspaceId }: Principal, list: SystemList): Promise<Page<Partial<SystemView>>> {
    return toList(await this.store.list(workspaceId, list), list, (row) => this.view(row));
  }

  /** Those of the ids that are there, by id. */
  async ofIds(workspaceId: string, ids: readonly string[]): Promise<ReadonlyMap<string, SystemView>> {
    return new Map((await this.store.ofIds(workspaceId, ids)).map((row) => [row.id, this.view(row)]));
  }

  async get({ workspaceId }: Principal, id: string): Promise<Answer<SystemView>> {
    const row = await this.store.get(workspaceId, id);
    return tagged(this.view(row), row);
  }

  async change(
    { workspaceId, audit }: Principal,
    id: string,
    change: SystemChange,
    ifMatch?: string,
  ): Promise<Answer<SystemView>> {
    const row = await this.store.change(workspaceId, id, {
      change: (stored) => {
        assertMatches(ifMatch, stored);
        assertSameConnector(stored, change.connector);
        const { name = stored.name, labels = stored.labels } = change;
        return { name, labels, config: this.nextConfig(stored, change.config) };
      },
      record: (tx, changed, stored) =>
        audit.write(tx, { resource: id, before: stored && this.view(stored), after: this.view(changed) }),
    });
    return tagged(this.view(row), row);
  }

  async remove({ workspaceId, audit }: Principal, id: string, { forever, ifMatch }: Deletion): Promise<void> {
    await this.store.remove(workspaceId, id, {
      forever,
      record: async (tx, row) => {
        assertMatches(ifMatch, row);
        await audit.write(tx, { resource: id, before: this.view(row) });
      },
    });
  }

  async restore({ workspaceId, audit }: Principal, id: string): Promise<Answer<SystemView>> {
    const row = await this.store.restore(workspaceId, id, (tx, restored, before) =>
      audit.write(tx, { resource: id, before: before && this.view(before), after: this.view(restored) }),
    );
    return tagged(this.view(row), row);
  }

  async check({ workspaceId }: Principal, id: string): Promise<CheckResult> {
    const row = await this.store.get(workspaceId, id);
    return this.probes.check(this.probeInput(row), row.name);
  }

  async discover({ workspaceId }: Principal, id: string): Promise<Catalog> {
    const row = await this.store.get(workspaceId, id);
    return this.probes.discover(this.probeInput(row), row.name);
  }

  private nextConfig(stored: ConnectorRow, incoming: SystemChange['config']): unknown {
    if (incoming === undefined) return stored.config;
    const connector = this.store.kind.find(stored.connector);
    const next = changedConfig(
      connector,
      { stored: decryptConfig(stored.config, this.secrets.ring), incoming },
      this.secrets.providers,
    );
    return encryptConfig(connector.config, next, this.secrets.ring);
  }

  private probeInput(row: ConnectorRow): ProbeInput {
    return { workspaceId: row.workspace_id, kind: this.store.kind.kind, resourceId: row.id };
  }

  private view(row: ConnectorRow): SystemView {
    return {
      id: row.id,
      workspaceId: row.workspace_id,
      name: row.name,
      connector: row.connector,
      config: describeConfig(this.connectorOf(row)?.config, row.config) as Record<string, unknown>,
      labels: { ...row.labels },
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
      ...this.store.window.view(row),
    };
  }

  /** A connector may have been removed since: its sources are still listed. */
  private connectorOf(row: ConnectorRow): ConnectorInfo<unknown> | undefined {
    try {
      return this.store.kind.find(row.connector);
    } catch (error) {
      if (isMillraceError(error, 'connector.unknown')) return undefined;
      throw error;
    }
  }
}

function assertSameConnector(stored: ConnectorRow, connector: string | undefined): void {
  if (connector === undefined || connector === stored.connector) return;
  throw new MillraceError('request.conflict', {
    detail: `${stored.id} is a ${stored.connector}; the connector cannot be changed.`,
    path: 'connector',
    suggestion: 'Create a new one.',
  });
}
