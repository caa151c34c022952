import type { Knex } from 'knex';
import { LOG_LEVELS, type LogLevel } from '../../platform/config/settings.js';
import type { RunLogRow } from '../../platform/db/rows.js';
import type { LogQuery } from './log-schemas.js';

export type LogFilter = Pick<LogQuery, 'level' | 'step' | 'stream' | 'search'>;

/** So many at a time, that a removal holds nobody up. */
const REMOVED_AT_ONCE = 5_000;

/** Reads lines of runs, and removes old ones. Every read stays within one workspace. */
export class LogStore {
  constructor(private readonly db: Knex) {}

  /** In the order in which they were kept, behind the id `after`. */
  async list(
    of: { readonly workspaceId: string; readonly runId: string },
    filter: LogFilter,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly RunLogRow[]> {
    const { level, step, stream, search } = filter;
    return this.db<RunLogRow>('run_logs')
      .where({ workspace_id: of.workspaceId, run_id: of.runId })
      .where('id', '>', after)
      .modify((query) => {
        if (level !== undefined) void query.whereIn('level', atLeast(level));
        if (step !== undefined) void query.where({ step });
        if (stream !== undefined) void query.where({ stream });
        if (search !== undefined) void query.whereILike('text', `%${literal(search)}%`);
      })
      .orderBy('id')
      .limit(limit);
  }

  /** @returns how many lines are gone */
  async removeBefore(moment: Date): Promise<number> {
    for (let removed = 0; ;) {
      const oldest = this.db<RunLogRow>('run_logs').select('id').where('at', '<', moment).limit(REMOVED_AT_ONCE);
      const gone = await this.db<RunLogRow>('run_logs').whereIn('id', oldest).delete();
      removed += gone;
      if (gone < REMOVED_AT_ONCE) return removed;
    }
  }
}

const atLeast = (level: LogLevel): LogLevel[] => LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));

/** Text in which `like` finds nothing but itself. */
const literal = (text: string): string => text.replaceAll(/[\\%_]/g, '\\$&');
