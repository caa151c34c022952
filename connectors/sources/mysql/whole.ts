import type { FirstRead } from '../../sdk/cursor-read.js';
import type { ReadEvent } from '../../sdk/types.js';
import { largestInSource } from './largest.js';
import { firstReadWhere } from './predicates.js';
import type { MysqlRead } from './read.js';

/**
 * Reads a relation without a key to go by: one snapshot, one slice, as many files as it takes. While the engine stages a
 * file the server waits, so nothing piles up.
 */
export async function* readWhole(read: MysqlRead, { first }: { readonly first?: FirstRead }): AsyncIterable<ReadEvent> {
  const tail = read.from(first ? firstReadWhere(first, read.request.nullCursor) : 'true');
  await read.session.run('start transaction with consistent snapshot, read only');
  for await (const { kind, file, rows = 0, bytes } of read.extract(tail, read.request.sliceBytes))
    yield { kind, file, rows, bytes };
  const largest = await largestInSource(read, first?.field, tail);
  await read.session.run('commit');
  yield {
    kind: 'mark',
    done: true,
    position: first
      ? { kind: 'scanned', by: [], after: null, upper: first.upper, ...(largest === undefined ? {} : { value: largest }) }
      : { kind: 'exact', position: { kind: 'end' } },
  };
}
