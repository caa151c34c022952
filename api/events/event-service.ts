import type { Principal } from '../auth/principal.js';
import { isOpen } from '../../platform/db/run-projection.js';
import { type LinkOf, runView } from '../runs/run-view.js';
import type { RunStore } from '../runs/run-store.js';
import type { ConnectionStore } from '../connections/connection-store.js';
import type { ChangeFeed } from './change-feed.js';
import type { ChangeStore, ChangedRun, Watched } from './change-store.js';
import { EventStream, type SentEvent } from './event-stream.js';

interface Parts {
  readonly runs: Pick<RunStore, 'get'>;
  readonly connections: Pick<ConnectionStore, 'get'>;
  readonly linkOf: LinkOf;
  readonly closing: AbortSignal;
}

/** What a client is told first, and the number up to which it then knows everything. */
interface Beginning {
  readonly events: readonly SentEvent[];
  readonly known: number;
  /** There is nothing more to come. */
  readonly over: boolean;
}

export interface Client {
  /** The last event that it has received. */
  readonly lastId: number | undefined;
  readonly gone: AbortSignal;
}

/** Tells clients what changes: first all there is, or what they have missed, then every change as it happens. */
export class EventService {
  constructor(
    private readonly store: ChangeStore,
    private readonly feed: ChangeFeed,
    private readonly parts: Parts,
  ) {}

  /**
   * Of one run, until it ends.
   * @returns undefined when the client has already been told of its end
   */
  async ofRun({ workspaceId }: Principal, runId: string, client: Client): Promise<EventStream | undefined> {
    await this.parts.runs.get(workspaceId, runId);
    return this.open({ workspaceId, runId }, client);
  }

  /** Of all runs of the workspace, or of one connection. */
  async ofRuns({ workspaceId }: Principal, connectionId: string | undefined, client: Client): Promise<EventStream> {
    if (connectionId !== undefined) await this.parts.connections.get(workspaceId, connectionId);
    const watched = { workspaceId, ...(connectionId === undefined ? {} : { connectionId }) };
    return (await this.open(watched, client)) ?? new EventStream();
  }

  /** Listens before it reads, so that nothing is missed in between; what was read already is not told twice. */
  private async open(watched: Watched, { lastId, gone }: Client): Promise<EventStream | undefined> {
    const early: ChangedRun[] = [];
    let hear = (changes: readonly ChangedRun[]): void => void early.push(...changes);
    const leave = await this.feed.listen((changes) => hear(changes.filter((change) => concerns(change, watched))));
    const stream = new EventStream();
    this.endWith(stream, { leave, gone });
    const begun = await this.begin(watched, lastId).catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    if (begun.over && begun.events.length === 0) {
      stream.destroy();
      return undefined;
    }
    let { known } = begun;
    hear = (changes) => {
      for (const change of changes) {
        if (change.id <= known) continue;
        known = change.id;
        stream.tell(this.eventOf(change));
        if (watched.runId !== undefined && !isOpen(change.run)) return stream.finish();
      }
    };
    for (const event of begun.events) stream.tell(event);
    if (begun.over) stream.finish();
    else hear(early);
    return stream;
  }

  /** Whoever ends it, client or server: nothing of it stays. */
  private endWith(stream: EventStream, { leave, gone }: { readonly leave: () => void; readonly gone: AbortSignal }): void {
    const { closing } = this.parts;
    const finish = (): void => stream.finish();
    const destroy = (): void => void stream.destroy();
    closing.addEventListener('abort', finish, { once: true });
    gone.addEventListener('abort', destroy, { once: true });
    stream.once('close', () => {
      leave();
      closing.removeEventListener('abort', finish);
    });
    if (closing.aborted) finish();
    if (gone.aborted) destroy();
  }

  private async begin(watched: Watched, lastId: number | undefined): Promise<Beginning> {
    const missed = lastId === undefined ? undefined : await this.store.changedAfter(watched, lastId);
    if (lastId !== undefined && missed) {
      const known = Math.max(lastId, missed.head);
      return { events: missed.runs.map((run) => this.eventOf(run)), known, over: await this.isOver(watched, missed.runs, known) };
    }
    const { head, runs } = await this.store.snapshot(watched);
    const [only] = runs;
    if (watched.runId !== undefined && only && !isOpen(only.run))
      return { events: [this.eventOf(only)], known: head, over: true };
    const data = { runs: runs.map((run) => this.view(run)) };
    return { events: [{ id: head, event: 'snapshot', data }], known: head, over: false };
  }

  /** A run that has ended since it was looked for what was missed is not over: its end is still to be told. */
  private async isOver(watched: Watched, [changed]: readonly ChangedRun[], known: number): Promise<boolean> {
    if (watched.runId === undefined) return false;
    const run = changed?.run ?? (await this.parts.runs.get(watched.workspaceId, watched.runId));
    return !isOpen(run) && Number(run.changed) <= known;
  }

  private eventOf(change: ChangedRun): SentEvent {
    return { id: change.id, event: isOpen(change.run) ? 'change' : 'end', data: { run: this.view(change) } };
  }

  private view({ run, streams }: ChangedRun): ReturnType<typeof runView> {
    return runView(run, streams, this.parts.linkOf);
  }
}

function concerns({ run }: ChangedRun, { workspaceId, connectionId, runId }: Watched): boolean {
  if (run.workspace_id !== workspaceId) return false;
  if (connectionId !== undefined && run.connection_id !== connectionId) return false;
  return runId === undefined || run.id === runId;
}
