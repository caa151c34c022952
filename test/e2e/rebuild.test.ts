import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ConnectionView } from '../../workflows/messages.js';
import { startProcess, startStackProcess } from '../support/millrace-process.js';
import { contentHash } from '../support/millrace.js';
import { freshDatabase } from '../support/servers.js';
import { tempHome } from '../support/temp-home.js';
import { stackApi } from './support/stack-api.js';

interface Connection {
  readonly paused: boolean;
  readonly scheduleStatus: { readonly nextRuns: readonly string[] } | null;
}

test('I1, I2, I3: a lost Temporal database is rebuilt from the ledgers by one command; no row is lost or doubled', async () => {
  await using source = await freshDatabase('src');
  await using destination = await freshDatabase('dst');
  await using home = await tempHome('rebuild');
  await source.query(`create table appended (id int primary key, note text); create table merged (id int primary key, note text);
    insert into appended select i, 'a' || i from generate_series(1, 500) i; insert into merged select * from appended`);
  await using first = await startStackProcess(home.path);
  const before = stackApi(first);
  const ends = { source, destination };
  const scheduled = await before.connect([{ name: 'public.appended', mode: 'incremental_append', cursorField: 'id' }], ends, {
    schedule: { type: 'cron', cron: '0 4 1 1 *' },
  });
  const paused = await before.connect([{ name: 'public.merged', mode: 'incremental_deduped', cursorField: 'id' }], ends);
  for (const id of [scheduled, paused])
    await before.ended((await before.post<{ id: string }>(`/v1/connections/${id}/syncs`, {})).id);
  await before.post(`/v1/connections/${paused}/streams/public.merged/refresh`, {});
  await before.post(`/v1/connections/${paused}/pause`, { note: 'until Monday' });
  const states = await Promise.all([scheduled, paused].map((id) => before.get<ConnectionView>(`/v1/connections/${id}/state`)));
  await first.kill('SIGTERM');

  await rm(join(home.path, 'temporal'), { recursive: true });
  await using second = await startStackProcess(home.path);
  const rebuild = startProcess(['rebuild'], { env: { MILLRACE_HOME: home.path } });
  expect((await rebuild.exited).code, rebuild.output()).toBe(0);
  expect(rebuild.output()).toContain('Connections that know where they stand: 2.');

  const after = stackApi(second);
  for (const [index, id] of [scheduled, paused].entries()) {
    const state = await after.get<ConnectionView>(`/v1/connections/${id}/state`);
    expect(state.feeds).toEqual(states[index]?.feeds);
    expect([state.epoch, state.revision, state.paused]).toEqual([1, index, index === 1]);
  }
  expect((await after.get<Connection>(`/v1/connections/${scheduled}`)).scheduleStatus?.nextRuns.length).toBeGreaterThan(0);
  await source.query(
    `insert into appended select i, 'b' || i from generate_series(501, 600) i; delete from merged where id > 400`,
  );
  await after.post(`/v1/connections/${paused}/resume`, {});
  for (const [id, loaded] of [
    [scheduled, 100],
    [paused, 400],
  ] as const) {
    const run = await after.ended((await after.post<{ id: string }>(`/v1/connections/${id}/syncs`, {})).id);
    expect(run).toMatchObject({ status: 'succeeded', number: 2, streams: [{ rows: { loaded } }] });
  }
  for (const table of ['appended', 'merged'])
    expect(await contentHash(destination, table, 'id, note')).toEqual(await contentHash(source, table, 'id, note'));
  await second.kill('SIGTERM');
}, 180_000);

test('without a stack the command says what to do', async () => {
  await using home = await tempHome('no-stack');
  const rebuild = startProcess(['rebuild'], { env: { MILLRACE_HOME: home.path, MILLRACE_URL: undefined } });
  expect((await rebuild.exited).code).toBe(3);
  expect(rebuild.output()).toMatch(/No stack runs over this home.*millrace start/s);
});
