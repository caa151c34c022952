import { expect } from 'vitest';
import { type FaultProxy, faultProxy } from '../../support/fault-proxy.js';
import { type Millrace, contentHash, startMillrace } from '../../support/millrace.js';

const COLUMNS = 'id, at, note';

export interface Scene extends AsyncDisposable {
  readonly millrace: Millrace;
  readonly sourceProxy: FaultProxy;
  readonly destinationProxy: FaultProxy;
  readonly metadataProxy: FaultProxy;
  readonly connectionId: string;
}

/** An append stream whose first rows are loaded and to which more were added since. */
export async function scene(): Promise<Scene> {
  const millrace = await startMillrace({ worker: false, sliceBytes: 100_000 });
  const { source, destination, metadata } = millrace;
  await source.query(`create table events (id int, at timestamptz, note text);
    insert into events select i, '2024-01-01'::timestamptz + i % 100 * interval '1 s', 'first ' || i from generate_series(1, 3000) i`);
  const [sourceProxy, destinationProxy, metadataProxy] = await Promise.all([
    faultProxy(source.url),
    faultProxy(destination.url),
    faultProxy(metadata.url),
  ]);
  const streams = [{ name: 'public.events', mode: 'incremental_append', cursorField: 'at' }];
  const connectionId = await millrace.connect(streams, { source: sourceProxy.url, destination: destinationProxy.url });
  return {
    ...{ millrace, sourceProxy, destinationProxy, metadataProxy, connectionId },
    [Symbol.asyncDispose]: async () => {
      await millrace[Symbol.asyncDispose]();
      await Promise.all([sourceProxy, destinationProxy, metadataProxy].map((proxy) => proxy[Symbol.asyncDispose]()));
    },
  };
}

/** Later than what is there, the last value again included. */
export async function addRows({ source }: Millrace, note: string, rows = 2000): Promise<void> {
  await source.query(
    `insert into events select i, (select max(at) from events) + i % 50 * interval '1 s', $1 || i from generate_series(1, $2::int) i`,
    [`${note} `, rows],
  );
}

export async function expectSame({ source, destination }: Millrace): Promise<void> {
  expect(await contentHash(destination, 'events', COLUMNS)).toEqual(await contentHash(source, 'events', COLUMNS));
}
