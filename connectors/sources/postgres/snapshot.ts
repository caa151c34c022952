import { inSnapshot } from '../../postgres/snapshot.js';
import type { FirstRead } from '../../sdk/cursor-read.js';
import type { ReadEvent } from '../../sdk/types.js';
import { relationBytes } from './estimate.js';
import { largestInSource } from './largest.js';
import { firstReadWhere } from './predicates.js';
import type { PostgresRead } from './read.js';

const PAGE_BYTES = 8_192;

/** Reads a relation without a key: one snapshot, one slice; a large table as several files by ranges of pages. */
export async function* readSnapshot(
  read: PostgresRead,
  options: { readonly where?: string; readonly first?: FirstRead },
): AsyncIterable<ReadEvent> {
  const filter = options.first ? firstReadWhere(options.first, read.request.nullCursor) : (options.where ?? 'true');
  const ranges = await pageRanges(read);
  const { files, largest } = await inSnapshot(read.session, async () => {
    const files = [];
    for (const range of ranges) files.push(await read.copy(`${range} and ${filter}`));
    return { files, largest: await largestInSource(read, options.first?.field, filter) };
  });
  yield* files;
  yield {
    kind: 'mark',
    done: true,
    position: options.first
      ? { kind: 'scanned', by: [], after: null, upper: options.first.upper, ...(largest === undefined ? {} : { value: largest }) }
      : { kind: 'exact', position: { kind: 'end' } },
  };
}

/** Conditions on `ctid` that together cover the table; only plain tables have stable pages within one snapshot. */
async function pageRanges(read: PostgresRead): Promise<string[]> {
  if (read.request.stream.kind !== 'table') return ['true'];
  const pages = Math.ceil((await relationBytes(read.session, read.relation)) / PAGE_BYTES);
  const step = Math.max(1, Math.floor(read.request.sliceBytes / PAGE_BYTES));
  const starts = Array.from({ length: Math.max(1, Math.ceil(pages / step)) }, (_, index) => index * step);
  return starts.map((start, index) => {
    const lower = start === 0 ? 'true' : `ctid >= '(${start},0)'::tid`;
    const upper = index === starts.length - 1 ? 'true' : `ctid < '(${start + step},0)'::tid`;
    return `${lower} and ${upper}`;
  });
}
