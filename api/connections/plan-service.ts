import type { CursorWindow, PlanInput } from '../../workflows/messages.js';
import type { PlannedRun } from '../../schema/sync-plan.js';
import type { Principal } from '../auth/principal.js';
import type { Probes } from '../engine/probes.js';
import { type Page, wholePage } from '../http/pagination.js';
import type { StagedAnswers } from '../previews/staged-answers.js';
import type { RunStore } from '../runs/run-store.js';
import type { ConnectionStore, StoredConnection } from './connection-store.js';
import type { PlanBody, PlanView, SchemaDiffView } from './plan-schemas.js';
import { requestOf } from './run-order.js';
import type { StateService } from './state-service.js';
import { refuseUnknownStreams } from './stream-names.js';

/** What a run would do now: a worker looks at source and destination, and changes neither. */
export class PlanService {
  constructor(
    private readonly connections: ConnectionStore,
    private readonly known: { readonly state: StateService; readonly runs: RunStore },
    private readonly worker: { readonly probes: Probes; readonly answers: StagedAnswers },
  ) {}

  async plan(caller: Principal, id: string, body: PlanBody): Promise<PlanView> {
    const connection = await this.connections.get(caller.workspaceId, id);
    const { streams, refresh, purpose } = requestOf(connection, { ...body, trigger: 'api' });
    const view = await this.known.state.get(caller, id);
    const window: CursorWindow | undefined = purpose?.kind === 'backfill' ? purpose.window : undefined;
    const planned = await this.ask(connection, {
      ...{ of: 'run', feeds: view.feeds },
      ...(streams ? { streams } : {}),
      ...(refresh ? { refresh } : {}),
      ...(window ? { backfill: window } : {}),
    });
    return { connectionId: id, paused: view.paused, activeRun: view.active?.number ?? null, ...viewOf(planned) };
  }

  /** How the columns of the source differ from those that were accepted last. */
  async schemaDiff(caller: Principal, id: string, stream?: string): Promise<Page<SchemaDiffView>> {
    const connection = await this.connections.get(caller.workspaceId, id);
    refuseUnknownStreams(connection, stream === undefined ? [] : [stream], () => 'stream');
    const planned = await this.ask(connection, {
      of: 'schema',
      feeds: {},
      ...(stream === undefined ? {} : { streams: [stream] }),
    });
    return wholePage(viewOf(planned).streams.map(({ name, schema, error }) => ({ stream: name, schema, error })));
  }

  private async ask(
    connection: StoredConnection,
    asked: Omit<PlanInput, 'workspaceId' | 'connectionId' | 'number'>,
  ): Promise<PlannedRun> {
    const number = (await this.known.runs.lastNumber(connection.id)) + 1;
    const input = { ...asked, workspaceId: connection.workspace_id, connectionId: connection.id, number };
    return this.worker.answers.take<PlannedRun>(await this.worker.probes.plan(input, connection.name));
  }
}

/** As it came from the worker. */
const viewOf = (planned: PlannedRun): Pick<PlanView, 'streams' | 'notes'> =>
  planned as unknown as Pick<PlanView, 'streams' | 'notes'>;
