import { expect, test } from 'vitest';
import { contentHash, startMillrace } from '../support/millrace.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { waitFor } from '../support/wait-for.js';
import { holdTable } from './support/held-table.js';
import { sessionsOf } from './support/sessions.js';

/** Longer than an error that nobody foresaw is tried again. */
const AWAY_MS = 12_000;

test('I10: a run whose end cannot be written, because the metadata database is away, waits for it and ends', async () => {
  await using millrace = await startMillrace({ worker: false });
  const { source, destination, metadata } = millrace;
  const url = new URL(metadata.url);
  await using proxy = await tcpProxy(Number(url.port));
  url.host = proxy.address;
  await millrace.workerProcess({ DATABASE_URL: url.href });
  await source.query(
    `create table notes (id int primary key, note text); insert into notes select i, 'n' from generate_series(1, 100) i`,
  );
  const id = await millrace.connect([{ name: 'public.notes', mode: 'incremental_append', cursorField: 'id' }]);
  await using held = await holdTable(source, 'notes');
  const runId = await millrace.request(id);
  await waitFor(async () => (await sessionsOf(source, id)).length > 0, { what: 'the run has begun' });
  const away = proxy.cut(AWAY_MS);
  await held.release();
  await away;
  expect(await millrace.ended(runId)).toMatchObject({ status: 'succeeded', error: null });
  expect(await contentHash(destination, 'notes', 'id, note')).toEqual(await contentHash(source, 'notes', 'id, note'));
  expect((await millrace.sync(id)).status).toBe('succeeded');
}, 120_000);
