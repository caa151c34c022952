import type { Knex } from 'knex';
import type { RunRow, RunStreamRow } from '../../platform/db/rows.js';
import { CONNECTION_NAME } from '../runs/connection-name.js';

/** A run that has changed. */
export interface ChangedRun {
  /** Number of the newest change that it shows; every smaller one of the run is in it. */
  readonly id: number;
  readonly run: RunRow;
  /** All its streams, or those that have changed. */
  readonly streams: readonly RunStreamRow[];
}

/** What was true at one moment. `head` is the number of the newest change of all. */
export interface Seen {
  readonly head: number;
  readonly runs: readonly ChangedRun[];
}

export interface Watched {
  readonly workspaceId: string;
  readonly connectionId?: string;
  readonly runId?: string;
}

/** More runs than anybody follows at once. */
export const MOST_RUNS = 200;

/** Reads runs by the numbers that the database gives to their changes (migration 009): the same for every API process. */
export class ChangeStore {
  constructor(private readonly db: Knex) {}

  /** Number of the newest change; whoever asks later finds it and all smaller ones. */
  async head(): Promise<number> {
    return headOf(this.db);
  }

  /** What has changed since, of all workspaces, in the order of the numbers; streams only as far as they have changed. */
  async since(head: number): Promise<Seen> {
    if ((await headOf(this.db)) === head) return { head, runs: [] };
    return this.atOnce(async (tx) => {
      const streams: readonly RunStreamRow[] = await tx<RunStreamRow>('run_streams').where('changed', '>', head);
      const runs: readonly RunRow[] = await namedRuns(tx)
        .where('changed', '>', head)
        .orWhereIn('id', [...new Set(streams.map(({ run_id: id }) => id))]);
      return { head: await headOf(tx), runs: joined(runs, streams) };
    });
  }

  /** The runs that are open, or the one that is watched, whole. */
  async snapshot(watched: Watched): Promise<Seen> {
    return this.atOnce(async (tx) => {
      const runs: readonly RunRow[] = await watchedRuns(tx, watched)
        .modify((query) => {
          if (watched.runId === undefined) void query.whereIn('status', ['queued', 'running']);
        })
        .orderBy('id', 'desc')
        .limit(MOST_RUNS);
      return { head: await headOf(tx), runs: joined(runs, await streamsOf(tx, runs)) };
    });
  }

  /**
   * The runs that have changed since the number, whole, in the order of the numbers.
   * @returns undefined when that number was not given yet, or too many have changed: then only a snapshot helps
   */
  async changedAfter(watched: Watched, id: number): Promise<Seen | undefined> {
    return this.atOnce(async (tx) => {
      const head = await headOf(tx);
      if (id > head) return undefined;
      const runs: readonly RunRow[] = await watchedRuns(tx, watched)
        .where((either) => either.where('changed', '>', id).orWhereIn('id', changedStreams(tx, watched, id)))
        .limit(MOST_RUNS + 1);
      if (runs.length > MOST_RUNS) return undefined;
      return { head, runs: joined(runs, await streamsOf(tx, runs)) };
    });
  }

  /** In one snapshot of the database, so that numbers and states belong together. */
  private async atOnce<T>(read: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.db.transaction(read, { isolationLevel: 'repeatable read', readOnly: true });
  }
}

async function headOf(db: Knex): Promise<number> {
  const { rows } = await db.raw<{ rows: { head: string | null }[] }>(
    'select greatest((select max(changed) from runs), (select max(changed) from run_streams)) as head',
  );
  return Number(rows[0]?.head ?? 0);
}

function namedRuns(db: Knex): Knex.QueryBuilder<RunRow, RunRow[]> {
  return db('runs').select('runs.*', db.raw(CONNECTION_NAME)) as Knex.QueryBuilder<RunRow, RunRow[]>;
}

function watchedRuns(db: Knex, { workspaceId, connectionId, runId }: Watched): Knex.QueryBuilder<RunRow, RunRow[]> {
  return namedRuns(db).where({
    workspace_id: workspaceId,
    ...(connectionId === undefined ? {} : { connection_id: connectionId }),
    ...(runId === undefined ? {} : { id: runId }),
  });
}

/** Ids of runs of which a stream has changed since. */
function changedStreams(db: Knex, { runId }: Watched, id: number): Knex.QueryBuilder {
  const streams = db('run_streams').select('run_id').where('changed', '>', id);
  return runId === undefined ? streams : streams.where({ run_id: runId });
}

async function streamsOf(db: Knex, runs: readonly RunRow[]): Promise<readonly RunStreamRow[]> {
  return db<RunStreamRow>('run_streams').whereIn(
    'run_id',
    runs.map(({ id }) => id),
  );
}

function joined(runs: readonly RunRow[], streams: readonly RunStreamRow[]): readonly ChangedRun[] {
  return runs
    .map((run): ChangedRun => {
      const ofRun = streams.filter(({ run_id: id }) => id === run.id).sort((a, b) => (a.name < b.name ? -1 : 1));
      return { id: Math.max(...[run, ...ofRun].map(({ changed }) => Number(changed))), run, streams: ofRun };
    })
    .sort((a, b) => a.id - b.id);
}
