import { newId } from '../../platform/db/ids.js';
import type { VerificationRow } from '../../platform/db/rows.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type VerifyRequest, verifyWorkflowId } from '../../workflows/messages.js';
import type { Principal } from '../auth/principal.js';
import type { ConnectionStore, StoredConnection } from '../connections/connection-store.js';
import { refuseUnknownStreams } from '../connections/stream-names.js';
import { accepted, type Answer } from '../http/answer.js';
import type { Page } from '../http/pagination.js';
import { toList } from '../lists/list-page.js';
import { readUntil } from '../http/wait.js';
import type { WaitForRun } from '../runs/run-service.js';
import type { LinkOf } from '../runs/run-view.js';
import type { VerificationQuery, VerificationView, VerifyBody } from './verification-schemas.js';
import type { VerificationStore } from './verification-store.js';
import { verificationView } from './verification-view.js';
import type { VerificationWorkflows } from './verification-workflows.js';

/** Comparisons on demand: a worker makes them, the metadata keeps what it found. */
export class VerificationService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly store: VerificationStore,
    private readonly options: {
      readonly workflows: VerificationWorkflows;
      readonly linkOf: LinkOf;
      readonly closing: AbortSignal;
    },
  ) {}

  async request(caller: Principal, connectionId: string, body: VerifyBody, wait: WaitForRun): Promise<Answer<VerificationView>> {
    const connection = await this.connections.get(caller.workspaceId, connectionId);
    refuseUnknownStreams(connection, body.streams ?? [], (index) => `streams[${index}]`);
    const request = await this.requestOf(connection, body);
    await this.record(request);
    await this.start(request, connection.name);
    const { verificationId, streams, method, scope } = request;
    caller.audit.note({ resource: connectionId, after: { verificationId, streams, method, scope } });
    return accepted(await this.get(caller, request.verificationId, wait), `/v1/verifications/${request.verificationId}`);
  }

  /** As it is, or as it has ended when `wait` allows for that. */
  async get({ workspaceId }: Principal, id: string, wait: WaitForRun): Promise<VerificationView> {
    const patience = { limitMs: wait.limitMs, signal: AbortSignal.any([wait.clientGone, this.options.closing]) };
    const row = await readUntil(() => this.store.get(workspaceId, id), hasEnded, patience);
    const isLost = !hasEnded(row) && (await this.options.workflows.hasEnded(row));
    if (isLost) await this.store.endLost(row);
    return verificationView(isLost ? await this.store.get(workspaceId, id) : row, this.options.linkOf);
  }

  async list(
    { workspaceId }: Principal,
    connectionId: string,
    query: VerificationQuery,
  ): Promise<Page<Partial<VerificationView>>> {
    await this.connections.get(workspaceId, connectionId);
    const rows = await this.store.list(workspaceId, connectionId, query);
    return toList(rows, query, (row) => verificationView(row, this.options.linkOf));
  }

  private async requestOf({ id, workspace_id: workspaceId, config }: StoredConnection, body: VerifyBody): Promise<VerifyRequest> {
    const { method, scope, streams = config.streams.map(({ name }) => name) } = body;
    const request = { workspaceId, connectionId: id, verificationId: newId('verification'), streams, method, scope };
    return scope === 'run' ? { ...request, run: await this.stagedRun(id, body.run) } : request;
  }

  /** @throws MillraceError `run.not_staged` */
  private async stagedRun(connectionId: string, wanted: number | undefined): Promise<NonNullable<VerifyRequest['run']>> {
    const { number, staged } = await this.store.run(connectionId, wanted);
    if (staged) return { number: Number(number), staged };
    throw new MillraceError('run.not_staged', { detail: `Nothing of run ${number} is kept.`, path: 'run' });
  }

  private async record({ verificationId, workspaceId, connectionId, streams, method, scope, run }: VerifyRequest): Promise<void> {
    await this.store.insert({
      id: verificationId,
      workspace_id: workspaceId,
      connection_id: connectionId,
      workflow_id: verifyWorkflowId(connectionId, verificationId),
      run_number: run?.number ?? null,
      run_active: await this.store.hasOpenRun(connectionId),
      ...{ streams, method, scope },
    });
  }

  /** One whose workflow did not start is not listed. */
  private async start(request: VerifyRequest, name: string): Promise<void> {
    try {
      await this.options.workflows.start(request, name);
    } catch (error) {
      await this.store.remove(request.verificationId);
      throw error;
    }
  }
}

const hasEnded = ({ status }: VerificationRow): boolean => status !== 'running';
