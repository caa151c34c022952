import { createHash } from 'node:crypto';
import { parsePosition } from '../../../checkpoint/position.js';
import { planLoad } from '../../../load/index.js';
import type { LoadColumn, LoadShape } from '../../../load/plan.js';
import { MillraceError } from '../../../platform/errors/error.js';
import { fitIdentifier, isReserved } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import { isKeyed } from '../../../schema/write-mode.js';
import { postgresError } from '../../postgres/errors.js';
import { type Session, openSession } from '../../postgres/session.js';
import type { LoadRequest, LoadResult } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import { targetColumns } from './columns.js';
import type { PostgresDestinationConfig } from './config.js';
import { dialect } from './dialect.js';
import { copySegments } from './export.js';
import { copyOrMerge } from './first-read.js';
import { endSessions } from './fence.js';
import {
  LEDGER_SCHEMA,
  type LedgerRow,
  acceptSlice,
  completeLedgerRow,
  ensureLedger,
  holdFence,
  insertLedgerRow,
  lastRow,
  recordLoadedAs,
} from './ledger.js';
import { mergeBatch, requireCount } from './merge.js';
import { publishShadow } from './publish.js';
import { asAccepted } from './quarantine.js';
import { type Work, type Written, writeByPolicy } from './rows/careful.js';
import { notesChanges } from './rows/changes.js';
import { UNIQUE_VIOLATION } from './rows/data-error.js';
import { isCatalogRace } from './catalog-race.js';
import { beginShadow, requireShadow } from './shadow.js';
import { type EvolvedTable, type LoadTarget, claimTarget, describeTable, ensureTarget, evolveShadow } from './target.js';

/**
 * A small batch is looked up in a large target by its key: with the default costs the planner would read all of the target.
 * Compiling statements takes longer than a slice's statements do.
 */
const LOAD_SETTINGS = `set local lock_timeout = '10s'; set local random_page_cost = 1.1; set local jit = off`;
const ATTEMPT_PART = 5;
const MAX_CATALOG_RACES = 3;

/** Loads one slice: begin → fence → ledger → rows → commit, so that rows and ledger row are durable together (I2). */
export async function load(context: ConnectorContext<PostgresDestinationConfig>, request: LoadRequest): Promise<LoadResult> {
  await using session = await openSession(context.config, context);
  try {
    if (request.attempt > 1)
      await endSessions(
        session,
        context.sessionName.slice(0, context.sessionName.lastIndexOf('/') + 1),
        ATTEMPT_PART,
        request.attempt,
      );
    await ensureLedger(session); // the run may have been prepared by an older version
    return await commitLoad(session, request, context.signal);
  } catch (error) {
    return await resolveTwin(session, request, error);
  }
}

async function commitLoad(session: Session, request: LoadRequest, signal: AbortSignal): Promise<LoadResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      await session.run(`begin; ${LOAD_SETTINGS}`);
      const result = await loadInTransaction(session, request, signal);
      await session.run('commit');
      return result;
    } catch (error) {
      if (attempt === MAX_CATALOG_RACES || !isCatalogRace(error)) throw error;
      await session.run('rollback');
    }
  }
}

async function loadInTransaction(session: Session, asked: LoadRequest, signal: AbortSignal): Promise<LoadResult> {
  const { request, unaccepted } = asAccepted(asked);
  await holdFence(session, request);
  const earlier = await acceptSlice(session, request);
  if (earlier) return resultOf(earlier, true, []);
  await insertLedgerRow(session, request);
  const wanted = await wantedShape(session, request);
  const { notes, columns } = await ensureTables(session, request, wanted);
  const shape = withTypesOf(wanted, columns);
  const plan = planLoad(request.mode, shape, dialect);
  const work = { plan, shape, signal, ...(unaccepted ? { unaccepted } : {}) };
  const write = (how: Work) => writeRows(session, request, how);
  const { rejects, ...rows } = await writeByPolicy(session, request, work, () => copyOrMerge(session, request, work, write));
  await completeLedgerRow(session, request, { ...rows, rejects });
  const published = request.shadow?.publish ? await publishShadow(session, request, shape) : [];
  if (!request.shadow || request.shadow.publish) await recordLoadedAs(session, request, shape.primaryKey);
  const kept = rejects ? { rejects } : {};
  return { seq: request.seq, to: request.to, rows, ...kept, alreadyLoaded: false, notes: [...notes, ...published] };
}

/** What the slice is loaded as, by the destination's types. @throws MillraceError `load.target_incompatible` */
export async function wantedShape(session: Session, request: LoadTarget): Promise<LoadShape> {
  const noted = await notesChanges(session, request);
  const wanted = { ...shapeOf(request, await targetColumns(session, request)), notesChanges: noted };
  refuseOtherTypes(request, wanted.columns);
  return wanted;
}

/** A twin of this load that committed first makes the ledger's key refuse us: then what it wrote is the answer. */
async function resolveTwin(session: Session, request: LoadRequest, error: unknown): Promise<LoadResult> {
  const constraint = error as { code?: string; table?: string; schema?: string };
  if (constraint.code !== UNIQUE_VIOLATION || constraint.schema !== LEDGER_SCHEMA || constraint.table !== 'ledger')
    throw postgresError(error, `Cannot load ${request.stream}`);
  await session.run('rollback');
  const winner = await lastRow(session, request);
  if (winner?.seq === request.seq && winner.manifest === request.manifestSha256) return resultOf(winner, true, []);
  throw new MillraceError('load.stale_position', {
    detail: `Another load of slice ${request.seq} of ${request.stream} was first.`,
    stream: request.stream,
    facts: { seq: winner?.seq ?? 0, position: winner ? parsePosition(winner.to) : { kind: 'start' } },
  });
}

function resultOf(row: LedgerRow, alreadyLoaded: boolean, notes: readonly string[]): LoadResult {
  const { loaded, rejected, superseded, rejects } = row;
  const rows = { loaded, rejected, superseded };
  return { seq: row.seq, to: parsePosition(row.to), rows, ...(rejects ? { rejects } : {}), alreadyLoaded, notes };
}

function shapeOf(request: LoadTarget, columns: readonly LoadColumn[]): LoadShape {
  const cursor = columns.find((column) => column.name === fitIdentifier(request.cursorField ?? ''));
  refuseReserved(request);
  const keyed = isKeyed(request.mode);
  if (keyed) requireColumns(request, columns, cursor);
  return {
    target: request.shadow ? shadowOf(request) : request.target,
    columns,
    primaryKey: keyed ? request.primaryKey.map((key) => fitIdentifier(key)) : [],
    whole: request.whole,
    uniqueKey: request.uniqueKey,
    ...(cursor ? { cursor } : {}),
    dedup: request.dedup,
    run: request.run,
    extractedAt: request.extractedAt,
    asOf: request.asOf,
  };
}

/** @throws MillraceError `load.target_incompatible` when a transform makes a column of ours */
function refuseReserved({ columns, stream }: LoadTarget): void {
  const reserved = columns.find(({ name }) => isReserved(name));
  if (!reserved) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `The transform makes a column ${reserved.name}: names that begin with _millrace_ belong to Millrace.`,
    suggestion: 'Give the column another name.',
    stream,
  });
}

/** @throws MillraceError `load.target_incompatible` when a transform left out what the mode compares */
function requireColumns(request: LoadTarget, columns: readonly LoadColumn[], cursor: LoadColumn | undefined): void {
  const missing = request.primaryKey.find((key) => !columns.some((column) => column.name === fitIdentifier(key)));
  if (missing !== undefined) {
    throw new MillraceError('load.target_incompatible', {
      detail: `Key field '${missing}' is not in the output of the transform.`,
      stream: request.stream,
    });
  }
  if (cursor || request.dedup !== 'newest_wins' || request.cursorField === undefined) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `newest_wins compares '${request.cursorField}', which the transform leaves out.`,
    suggestion: 'Keep the cursor field in the output, or use dedup: last_load_wins.',
    stream: request.stream,
  });
}

/** The target's columns may be wider than the slice's; whatever is compared with them takes their types. */
function withTypesOf(shape: LoadShape, columns: readonly LoadColumn[]): LoadShape {
  const held = new Map(columns.map(({ name, type }) => [name, type]));
  const typed = (column: LoadColumn): LoadColumn => ({ name: column.name, type: held.get(column.name) ?? column.type });
  return { ...shape, columns: shape.columns.map(typed), ...(shape.cursor ? { cursor: typed(shape.cursor) } : {}) };
}

/** Binary rows carry no types: with another column type they would load silently wrong. */
function refuseOtherTypes(request: LoadTarget, columns: readonly LoadColumn[]): void {
  if (request.segments.every((segment) => segment.format === 'parquet')) return;
  const other = request.columns.find((column, index) => column.native?.type !== columns[index]?.type);
  if (!other) return;
  throw new MillraceError('load.target_incompatible', {
    detail: `Column ${other.name} is ${other.native?.type ?? other.type}, a type that this server does not have.`,
    suggestion: "Add sql: 'select * from input' to the stream: its values then travel as text.",
    stream: request.stream,
  });
}

/** The tables that the slice is loaded into; `shape.target` is the shadow where the load has one. */
async function ensureTables(session: Session, request: LoadRequest, shape: LoadShape): Promise<EvolvedTable> {
  if (!request.shadow) return ensureTarget(session, request, shape);
  await claimTarget(session, request, await describeTable(session, request.target));
  if (request.seq > 1) {
    await requireShadow(session, request, shape.target);
    return evolveShadow(session, request, shape);
  }
  await beginShadow(session, request, shape);
  return { notes: [], columns: shape.columns };
}

/** One for each feed and track: a backfill never touches the shadow of a refresh. */
function shadowOf({ connectionId, feed, track }: LoadTarget): Target {
  const name = track === 'live' ? `${connectionId}/${feed}` : `${connectionId}/${feed}/${track}`;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return { schema: LEDGER_SCHEMA, table: `shadow_${digest}` };
}

/** Copies and merges. I7: what Postgres itself counted as loaded and superseded must be what was staged. */
async function writeRows(session: Session, request: LoadRequest, work: Work): Promise<Omit<Written, 'rejected' | 'rejects'>> {
  const { plan } = work;
  for (const statement of plan.before) await session.run(statement);
  const copied = await copySegments(session, request, work);
  requireCount(request, copied, 'copied');
  const { loaded, superseded } = await mergeBatch(session, plan, copied);
  requireCount(request, loaded + superseded, 'loaded or superseded');
  return { loaded, superseded };
}
