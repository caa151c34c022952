import type { FateRequest, FeedFate, KeptRejects, SliceFate, Track } from '../../sdk/destination.js';
import type { ConnectorContext } from '../../sdk/types.js';
import type { PostgresDestinationConfig } from './config.js';
import { fromLedger } from './standing.js';

type Context = ConnectorContext<PostgresDestinationConfig>;
type FateRow = Record<'newest' | 'lineage' | 'seq' | 'rejected' | 'track', string> & { readonly rejects: string | null };

/** What other tracks brought before the newest read began has given way to that read. */
const FATES = `
with newest as (
  select lineage, min(loaded_at) as began from _millrace.ledger
  where connection = $1 and feed = $2 and track = 'live' group by lineage order by lineage desc limit 1)
select n.lineage::text as newest, l.track, l.lineage::text, l.seq::text, l.rejected::text, l.rejects
from newest as n left join _millrace.ledger as l on l.connection = $1 and l.feed = $2
  and (l.rejected > 0 or l.track like 'rejects/%')
  and case when $3::bigint is not null then l.track = 'live' and l.run = $3
    when l.track = 'live' then l.lineage = n.lineage else l.loaded_at >= n.began end
order by l.loaded_at, l.seq`;

/** Slices with rejected rows, and those that brought rejected rows once more. */
export async function fateOf(context: Context, { connectionId, feed, run }: FateRequest): Promise<FeedFate> {
  return fromLedger(context, { lineage: 0, slices: [] }, async (session) => {
    const rows = await session.rows<FateRow>(FATES, [connectionId, feed, run ?? null]);
    return { lineage: Number(rows[0]?.newest ?? 0), slices: rows.flatMap(sliceFate) };
  });
}

function sliceFate({ track, lineage, seq, rejected, rejects }: FateRow): SliceFate[] {
  if (track === null) return [];
  const kept = rejects === null ? {} : { rejects: JSON.parse(rejects) as KeptRejects };
  return [{ track: track as Track, lineage: Number(lineage), seq: Number(seq), rejected: Number(rejected), ...kept }];
}

export async function runsOfRead(
  context: Context,
  { connectionId, feed, lineage }: { readonly connectionId: string; readonly feed: string; readonly lineage: number },
): Promise<readonly number[]> {
  return fromLedger(context, [], async (session) => {
    const rows = await session.rows<{ run: string }>(
      `select distinct run::text from _millrace.ledger where connection = $1 and feed = $2 and track = 'live' and lineage = $3`,
      [connectionId, feed, lineage],
    );
    return rows.map(({ run }) => Number(run));
  });
}
