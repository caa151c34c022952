import type { FoundPlace } from '../checkpoint/place.js';
import type { LoadRequest, SegmentFile, StagedColumn, TargetPlan, TargetPlanRequest } from '../connectors/sdk/destination.js';
import { MillraceError } from '../platform/errors/error.js';
import { cursorDistance } from '../schema/cursor-distance.js';
import type { PlannedRows } from '../schema/sync-plan.js';
import { describeTransform } from '../transform/engine/index.js';
import { trackOf } from './draft.js';
import { acceptUnproven, readRequest } from './extract.js';
import { deletedOwner, loadRequest } from './load.js';
import type { FeedPlan } from './plan.js';
import type { PlanWork } from './plan-run.js';
import { emptyColumns } from './sample.js';

/** The rows that the stream would be asked for. */
export interface RowsAhead {
  readonly rows: PlannedRows | null;
  readonly to: string | null;
  /** Certain: nothing would be loaded. */
  readonly nothingNew: boolean;
  readonly notes: readonly string[];
}

export async function estimateRows({ source }: PlanWork, plan: FeedPlan, found: FoundPlace): Promise<RowsAhead> {
  const { connector, context } = source;
  if (!connector.estimate) return { rows: null, to: null, nothingNew: false, notes: [] };
  const request = { ...readRequest({ place: found }, plan, ''), sliceBytes: 0 };
  const said = await connector.estimate(context, request, plan.window);
  const { rows, exact, again, upTo, delayed, unproven } = said;
  const notes = [
    ...(delayed === undefined ? [] : [`bound: delayed, ${delayed}`]),
    ...(unproven === undefined ? [] : [`bound: unproven, ${acceptUnproven(plan, unproven)}`]),
  ];
  const lags = found.position.kind === 'cursor' && cursorDistance(plan.lag) !== undefined;
  const nothingNew = found.position.kind === 'cursor' && exact && rows === again && !lags;
  return { rows: rows === null ? null : { count: rows, exact, again }, to: upTo, nothingNew, notes };
}

/** What loading the first slice and publishing the last would do to the target. */
export async function planStreamTarget(work: PlanWork, plan: FeedPlan, found: FoundPlace): Promise<TargetPlan | undefined> {
  const { connector, context } = work.destination;
  if (!connector.planTarget) return undefined;
  const request = await firstLoad(work, plan, found);
  return connector.planTarget(context, request).catch(async (error: unknown) => {
    const formerOwner = await deletedOwner(work.dependencies.store, error);
    if (formerOwner === undefined || !connector.planTarget) throw error;
    return connector.planTarget(context, { ...request, formerOwner });
  });
}

async function firstLoad(work: PlanWork, plan: FeedPlan, found: FoundPlace): Promise<TargetPlanRequest> {
  const { run } = work.input;
  const { position, lineage } = found;
  const slice = { manifest: '', sha256: '', rows: 0, bytes: 0 };
  const input = { run, lineage, slice, seq: found.seq + 1, refreshing: found.refreshing === true, last: true };
  const columns = await loadedColumns(work, plan);
  const rows = { extracted: 0, repeated: 0, filtered: 0, staged: 0 };
  const now = new Date().toISOString();
  const manifest = { from: position, to: position, columns, rows, extractedAt: now };
  const facts = { feed: plan, manifest, track: trackOf(work.input), asOf: now } as const;
  return { ...loadRequest(input, facts), segments: segmentsOf(plan, columns) } satisfies Partial<LoadRequest>;
}

/** Binary rows need the very types of the source. */
function segmentsOf({ native }: FeedPlan, columns: readonly StagedColumn[]): readonly SegmentFile[] {
  return native === undefined ? [] : [{ path: '', format: native, rows: 0, columns }];
}

async function loadedColumns({ source }: PlanWork, { fields, sql, feed }: FeedPlan): Promise<readonly StagedColumn[]> {
  const columns = emptyColumns(fields);
  if (sql === undefined) return columns;
  try {
    return await describeTransform(sql, columns, source.context.signal);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const { code, message, suggestion } = error;
    throw new MillraceError(code, { detail: `${feed}: ${message}`, suggestion, stream: feed, cause: error });
  }
}
