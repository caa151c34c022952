import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { RunLogRow } from '../../platform/db/rows.js';
import type { Principal } from '../auth/principal.js';
import type { Page } from '../http/pagination.js';
import type { RunStore } from '../runs/run-store.js';
import type { LogLineView, LogQuery } from './log-schemas.js';
import type { LogStore } from './log-store.js';

const READ_AT_ONCE = 1_000;

/** What runs did, line by line. */
export class LogService {
  constructor(
    private readonly store: LogStore,
    private readonly runs: Pick<RunStore, 'get'>,
  ) {}

  async ofRun({ workspaceId }: Principal, runId: string, query: LogQuery): Promise<Page<LogLineView> | StreamableFile> {
    await this.runs.get(workspaceId, runId);
    const of = { workspaceId, runId };
    if (query.format === 'text') {
      const disposition = `attachment; filename="${runId}.log"`;
      return new StreamableFile(Readable.from(this.lines(of, query)), { type: 'text/plain; charset=utf-8', disposition });
    }
    const rows = await this.store.list(of, query, { after: query.after ?? 0, limit: query.limit + 1 });
    const data = rows.slice(0, query.limit).map(logLineView);
    const hasMore = rows.length > query.limit;
    return { data, page: { next: hasMore ? String(data.at(-1)?.id) : null, hasMore } };
  }

  private async *lines(of: { readonly workspaceId: string; readonly runId: string }, query: LogQuery): AsyncGenerator<string> {
    for (let after = query.after ?? 0; ;) {
      const rows = await this.store.list(of, query, { after, limit: READ_AT_ONCE });
      yield rows.map(textLine).join('');
      if (rows.length < READ_AT_ONCE) return;
      after = Number(rows.at(-1)?.id);
    }
  }
}

function logLineView({ id, at, level, step, stream, text }: RunLogRow): LogLineView {
  return { id: Number(id), at: at.toISOString(), level, step, stream, text };
}

function textLine({ at, level, step, stream, text }: RunLogRow): string {
  const where = stream === null ? step : `${step} ${stream}`;
  return `${at.toISOString()} ${level.toUpperCase().padEnd(5)} ${where}: ${text.replaceAll('\n', '\n  ')}\n`;
}
