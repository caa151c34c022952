/**
 * The tables in the destination that make a load effectively-once: the fence of each connection, the chain of loaded slices,
 * and which connection owns which table. Their shape is frozen by `test/golden`.
 * @module
 */
import { type BoundarySet, parsePosition, positionText } from '../../../checkpoint/position.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { WriteMode } from '../../../schema/connection-config.js';
import type { Session } from '../../postgres/session.js';
import type { FenceFeed, KeptRejects, LedgerPosition, LoadRequest, LoadedAs, Track } from '../../sdk/destination.js';
import { isCatalogRace } from './catalog-race.js';

export const LEDGER_SCHEMA = '_millrace';

export const LEDGER_DDL = `
create schema if not exists _millrace;
create table if not exists _millrace.connections (
  connection text primary key,
  epoch bigint not null,
  run bigint not null,
  raised_at timestamptz not null default now()
);
create table if not exists _millrace.ledger (
  connection text not null,
  feed text not null,
  track text not null default 'live',
  lineage bigint not null,
  seq bigint not null,
  from_position text not null,
  to_position text not null,
  boundary jsonb,
  manifest text not null,
  extracted bigint not null,
  repeated bigint not null,
  filtered bigint not null,
  loaded bigint not null,
  rejected bigint not null,
  superseded bigint not null,
  epoch bigint not null,
  run bigint not null,
  loaded_at timestamptz not null default now(),
  rejects text,
  primary key (connection, feed, track, lineage, seq)
);
create table if not exists _millrace.targets (
  schema_name text not null,
  table_name text not null,
  connection text not null,
  feed text not null,
  shadow_lineage bigint,
  mode text,
  key text[],
  claimed_at timestamptz not null default now(),
  primary key (schema_name, table_name)
);
alter table _millrace.ledger add column if not exists rejects text;
alter table _millrace.targets add column if not exists mode text, add column if not exists key text[];`;

const CREATE_LEDGER = `begin; set local lock_timeout = '10s'; select pg_advisory_xact_lock(hashtext('millrace.ledger')); ${LEDGER_DDL} commit`;

/** Creates the tables once; two connections that come first at the same time wait for each other. */
export async function ensureLedger(session: Session): Promise<void> {
  if (await isNewestLedger(session)) return;
  try {
    await session.run(CREATE_LEDGER);
  } catch (error) {
    if (!isCatalogRace(error)) throw error;
    await session.run(`rollback; ${CREATE_LEDGER}`);
  }
}

export async function hasLedger(session: Session): Promise<boolean> {
  const [found] = await session.rows<{ found: string | null }>(`select to_regclass('_millrace.targets')::text as found`);
  return found?.found !== null && found !== undefined;
}

/** By the column that came last: ledgers of older versions get it once. */
async function isNewestLedger(session: Session): Promise<boolean> {
  const [found] = await session.rows(
    `select 1 from pg_attribute where attrelid = to_regclass('_millrace.ledger') and attname = 'rejects' and to_regclass('_millrace.targets') is not null`,
  );
  return found !== undefined;
}

export interface LedgerRow {
  readonly seq: number;
  readonly to: string;
  readonly manifest: string;
  readonly loaded: number;
  readonly rejected: number;
  readonly superseded: number;
  readonly rejects?: KeptRejects | undefined;
}

interface FeedsOfTrack {
  readonly connectionId: string;
  readonly track: Track;
  /** All that the ledger knows when absent. */
  readonly feeds?: readonly string[];
}

/** The last accepted slice of every feed, over all lineages, with its boundary set. */
export async function lastPositions(session: Session, { connectionId, track, feeds }: FeedsOfTrack): Promise<LedgerPosition[]> {
  const rows = await session.rows<Record<'feed' | 'lineage' | 'seq' | 'to_position', string> & PositionExtras>(
    `select f.feed, l.lineage::text, l.seq::text, l.to_position, l.boundary::text,
       exists (select 1 from _millrace.targets t where t.connection = $1 and t.feed = f.feed and t.shadow_lineage = l.lineage) as shadow
     from (select unnest($3::text[]) as feed union select distinct feed from _millrace.ledger where connection = $1 and $3::text[] is null) as f
     cross join lateral (select * from _millrace.ledger l where l.connection = $1 and l.feed = f.feed and l.track = $2
                         order by l.lineage desc, l.seq desc limit 1) as l`,
    [connectionId, track, feeds ?? null],
  );
  return rows.map((row) => ({
    feed: row.feed,
    lineage: Number(row.lineage),
    seq: Number(row.seq),
    position: parsePosition(row.to_position),
    ...(row.boundary === null ? {} : { boundary: JSON.parse(row.boundary) as BoundarySet }),
    shadow: row.shadow === 't',
  }));
}

interface PositionExtras {
  readonly boundary: string | null;
  readonly shadow: 't' | 'f';
}

/** Feeds whose target is not there. */
export async function missingTargets(session: Session, feeds: readonly FenceFeed[]): Promise<string[]> {
  const rows = await session.rows<{ feed: string }>(
    `select f.feed from unnest($1::text[], $2::text[], $3::text[]) as f(feed, schema_name, table_name)
     where not exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = f.schema_name and c.relname = f.table_name)`,
    [feeds.map((feed) => feed.name), feeds.map((feed) => feed.target.schema), feeds.map((feed) => feed.target.table)],
  );
  return rows.map((row) => row.feed);
}

/** Rows that this read has rejected so far, this slice included. */
export async function rejectedOfRead(session: Session, { connectionId, feed, track, lineage }: LoadRequest): Promise<number> {
  const [row] = await session.rows<{ rejected: string }>(
    `select coalesce(sum(rejected), 0)::text as rejected from _millrace.ledger where connection = $1 and feed = $2 and track = $3 and lineage = $4`,
    [connectionId, feed, track, lineage],
  );
  return Number(row?.rejected);
}

/** How the targets of feeds were loaded last. */
export async function loadedAs(
  session: Session,
  connectionId: string,
  feeds: readonly FenceFeed[],
): Promise<Record<string, LoadedAs>> {
  const rows = await session.rows<{ feed: string; mode: WriteMode; key: string }>(
    `select t.feed, t.mode, to_json(t.key)::text as key from _millrace.targets t join unnest($2::text[], $3::text[], $4::text[]) as f(feed, schema_name, table_name)
     using (feed, schema_name, table_name) where t.connection = $1 and t.mode is not null`,
    [
      connectionId,
      feeds.map((feed) => feed.name),
      feeds.map((feed) => feed.target.schema),
      feeds.map((feed) => feed.target.table),
    ],
  );
  return Object.fromEntries(rows.map(({ feed, mode, key }) => [feed, { mode, key: JSON.parse(key) as string[] }]));
}

/** Says how the target's rows were loaded, so that a later run knows whether it can go on. */
export async function recordLoadedAs(session: Session, { target, mode }: LoadRequest, key: readonly string[]): Promise<void> {
  await session.run(
    `update _millrace.targets set mode = $3, key = $4::text[] where schema_name = $1 and table_name = $2 and (mode, key) is distinct from ($3, $4::text[])`,
    [target.schema, target.table, mode, key],
  );
}

/** What had been taken at positions that were set again by hand; a cursor's digest makes sure that it is the same set. */
export async function boundariesAt(
  session: Session,
  connectionId: string,
  feeds: readonly FenceFeed[],
): Promise<Record<string, BoundarySet>> {
  const set = feeds.flatMap(({ name, setTo }) => (setTo ? [{ name, position: positionText(setTo) }] : []));
  if (set.length === 0) return {};
  const rows = await session.rows<{ feed: string; boundary: string }>(
    `select f.feed, l.boundary::text from unnest($2::text[], $3::text[]) as f(feed, position)
     cross join lateral (select boundary from _millrace.ledger l where l.connection = $1 and l.feed = f.feed
       and l.to_position = f.position and l.boundary is not null order by l.lineage desc, l.seq desc limit 1) as l`,
    [connectionId, set.map(({ name }) => name), set.map(({ position }) => position)],
  );
  return Object.fromEntries(rows.map((row) => [row.feed, JSON.parse(row.boundary) as BoundarySet]));
}

/** I9: refuses a load whose run has lost its place. The lock keeps the epoch until the load has ended. */
export async function holdFence(session: Session, request: LoadRequest): Promise<void> {
  const [fence] = await session.rows<{ epoch: string }>(
    `select epoch::text from _millrace.connections where connection = $1 for share`,
    [request.connectionId],
  );
  if (fence && Number(fence.epoch) === request.epoch) return;
  throw new MillraceError('load.stale_epoch', {
    detail: `Epoch ${request.epoch} of ${request.connectionId} was followed by epoch ${fence?.epoch ?? 'none'}.`,
    stream: request.stream,
  });
}

/**
 * I2: a slice is accepted only where the last accepted one ended.
 * @returns the ledger's row when this very slice was loaded before
 * @throws MillraceError `load.stale_position` with the ledger's place in `facts`
 */
export async function acceptSlice(session: Session, request: LoadRequest): Promise<LedgerRow | undefined> {
  const last = await lastRow(session, request);
  if (last?.seq === request.seq && last.manifest === request.manifestSha256) return last;
  const follows = last ? last.seq === request.seq - 1 && last.to === positionText(request.from) : request.seq === 1;
  if (follows) return undefined;
  throw new MillraceError('load.stale_position', {
    detail: `Slice ${request.seq} of ${request.stream} does not follow slice ${last?.seq ?? 0} in the ledger.`,
    stream: request.stream,
    facts: { seq: last?.seq ?? 0, position: last ? parsePosition(last.to) : { kind: 'start' } },
  });
}

export async function lastRow(session: Session, request: LoadRequest): Promise<LedgerRow | undefined> {
  const [row] = await session.rows<
    Record<'seq' | 'to' | 'manifest' | 'loaded' | 'rejected' | 'superseded', string> & { rejects: string | null }
  >(
    `select l.seq::text, l.to_position as to, l.manifest, l.loaded::text, l.rejected::text, l.superseded::text, l.rejects
     from _millrace.ledger l
     where l.connection = $1 and l.feed = $2 and l.track = $3 and l.lineage = $4 order by l.seq desc limit 1`,
    [request.connectionId, request.feed, request.track, request.lineage],
  );
  if (!row) return undefined;
  const { to, manifest } = row;
  return {
    to,
    manifest,
    seq: Number(row.seq),
    loaded: Number(row.loaded),
    rejected: Number(row.rejected),
    superseded: Number(row.superseded),
    rejects: row.rejects === null ? undefined : (JSON.parse(row.rejects) as KeptRejects),
  };
}

/** Before the rows, so that a twin of this load waits here and then finds the slice done. */
export async function insertLedgerRow(session: Session, request: LoadRequest): Promise<void> {
  await session.run(
    `insert into _millrace.ledger (connection, feed, track, lineage, seq, from_position, to_position, boundary, manifest, extracted,
       repeated, filtered, loaded, rejected, superseded, epoch, run)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, $13, $14)`,
    [
      request.connectionId,
      request.feed,
      request.track,
      request.lineage,
      request.seq,
      positionText(request.from),
      positionText(request.to),
      request.boundary ? JSON.stringify(request.boundary) : null,
      request.manifestSha256,
      request.extracted,
      request.repeated,
      request.filtered,
      request.epoch,
      request.run,
    ],
  );
}

export async function completeLedgerRow(
  session: Session,
  request: LoadRequest,
  { loaded, rejected, superseded, rejects }: Pick<LedgerRow, 'loaded' | 'rejected' | 'superseded' | 'rejects'>,
): Promise<void> {
  const { connectionId, feed, track, lineage, seq } = request;
  const kept = rejects ? JSON.stringify(rejects) : null;
  await session.run(
    `update _millrace.ledger set loaded = $6, rejected = $7, superseded = $8, rejects = $9
     where connection = $1 and feed = $2 and track = $3 and lineage = $4 and seq = $5`,
    [connectionId, feed, track, lineage, seq, loaded, rejected, superseded, kept],
  );
}
