import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOOK_EVERY_MS } from '../../api/events/change-feed.js';
import { type Millrace, startMillrace } from '../support/millrace.js';
import { waitFor } from '../support/wait-for.js';
import { holdTable } from '../e2e/support/held-table.js';
import { type EventReader, type ReadEvent, readEvents } from './support/event-reader.js';

let millrace: Millrace;

const SLICES = 4;
const ROWS = { long: 5_000, held: 100, beside: 100 };

beforeAll(async () => {
  millrace = await startMillrace({ sliceBytes: 10_000 });
  for (const [table, rows] of Object.entries(ROWS))
    await millrace.source.query(`create table ${table} (id int primary key, note text);
      insert into ${table} select i, repeat('n', 40) || i from generate_series(1, ${rows}) i`);
});
afterAll(() => millrace[Symbol.asyncDispose]());

let targets = 0;

/** Into a table of its own. */
const connect = (table: keyof typeof ROWS): Promise<string> =>
  millrace.connect([
    { name: `public.${table}`, mode: 'incremental_append', cursorField: 'id', target: { table: `${table}_${++targets}` } },
  ]);

const watch = (path: string, lastEventId?: number, url = millrace.apiUrl): Promise<EventReader> =>
  readEvents(`${url}/v1/${path}`, millrace.apiKey, lastEventId);

const loadedOf = ({ data }: ReadEvent): number => (data.run ?? data.runs[0]).streams[0]?.rows.loaded ?? 0;

function expectGrowing(numbers: readonly number[], what: string): void {
  expect(numbers, what).toEqual([...numbers].sort((a, b) => a - b));
}

describe('a run', () => {
  test('a client that is cut off again and again in mid-run, on changing API processes, misses nothing and hears nothing twice', async () => {
    await using second = await millrace.secondApi();
    const urls = [millrace.apiUrl, second.url];
    const runId = await millrace.request(await connect('long'));
    const heard: ReadEvent[] = [];
    for (let times = 0; heard.at(-1)?.event !== 'end'; times++) {
      const reader = await watch(`runs/${runId}/events`, heard.at(-1)?.id, urls[times % 2]);
      expect(reader.status).toBe(200);
      await reader.until(({ event }) => event === 'end' || reader.events.length > 1 || heard.length > 0);
      heard.push(...reader.events);
      reader.drop();
    }
    expect(heard[0]?.event).toBe('snapshot');
    expect(heard.slice(1, -1).map(({ event }) => event)).toEqual(heard.slice(1, -1).map(() => 'change'));
    expect(heard.length).toBeGreaterThan(3);
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
    expectGrowing(
      heard.map(({ id }) => id),
      'ids',
    );
    expectGrowing(heard.map(loadedOf), 'rows');
    const { body: run } = await millrace.call('GET', `/v1/runs/${runId}`);
    expect(run.streams[0].slices).toBeGreaterThanOrEqual(SLICES);
    expect(heard.at(-1)?.data.run).toEqual(run);
    const known = await watch(`runs/${runId}/events`, heard.at(-1)?.id);
    expect(known.status).toBe(204);
  });

  test('one that stays hears it at most four times a second, and the server ends it with the run', async () => {
    const connectionId = await connect('long');
    const runId = await millrace.request(connectionId);
    await using reader = await watch(`runs/${runId}/events`);
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await reader.ended();
    const { events } = reader;
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { run: { id: runId, status: 'succeeded' } } });
    const [from, to] = [events[1]!.at, events.at(-1)!.at];
    expect((events.length - 2) / Math.max((to - from) / 1_000, 1)).toBeLessThanOrEqual(4.5);
    await using late = await watch(`runs/${runId}/events`);
    await late.ended();
    expect(late.events).toMatchObject([{ event: 'end', data: { run: { streams: [{ rows: { loaded: ROWS.long } }] } } }]);
  });

  test('what is not there, or no id of ours, is a problem', async () => {
    const id = `run_${'0'.repeat(26)}`;
    expect((await watch(`runs/${id}/events`)).status).toBe(404);
    const refused = await fetch(`${millrace.apiUrl}/v1/events`, {
      headers: { authorization: `Bearer ${millrace.apiKey}`, 'last-event-id': 'yesterday' },
    });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'request.invalid', suggestion: expect.stringContaining('snapshot') });
  });
});

describe('all runs', () => {
  test('the snapshot has those that are open; then each tells its changes and its end, of the wanted connection only', async () => {
    const [watched, beside] = [await connect('held'), await connect('beside')];
    await using held = await holdTable(millrace.source, 'held');
    const runId = await millrace.request(watched);
    await waitFor(async () => (await millrace.call('GET', `/v1/runs/${runId}`)).body.status === 'running', { what: 'it runs' });
    await using all = await watch('events');
    await using one = await watch(`events?connectionId=${watched}`);
    for (const reader of [all, one]) {
      const first = await reader.until(() => true);
      expect(first).toMatchObject({ event: 'snapshot', data: { runs: [{ id: runId, status: 'running' }] } });
    }
    const other = await millrace.sync(beside);
    await all.until(({ event, data }) => event === 'end' && data.run.id === other.id);
    await held.release();
    for (const reader of [all, one]) await reader.until(({ event, data }) => event === 'end' && data.run.id === runId);
    expect(one.events.slice(1).map(({ data }) => data.run.connectionId)).toEqual(one.events.slice(1).map(() => watched));
    for (const reader of [all, one])
      expectGrowing(
        reader.events.map(({ id }) => id),
        'ids',
      );
    expect([all.isOver(), one.isOver()]).toEqual([false, false]);
  });

  test('who comes back hears the end of what happened meanwhile; who comes from another database begins anew', async () => {
    await using first = await watch('events');
    const { id } = await first.until(({ event }) => event === 'snapshot');
    first.drop();
    const run = await millrace.sync(await connect('beside'));
    await using back = await watch('events', id);
    const end = await back.until(({ event }) => event === 'end');
    expect(end.data.run).toMatchObject({ id: run.id, status: 'succeeded', streams: [{ rows: { loaded: ROWS.beside } }] });
    await using stranger = await watch('events', end.id + 1_000_000);
    expect((await stranger.until(() => true)).event).toBe('snapshot');
  });

  test('while somebody watches the database is looked at, and not any more when all have gone, whichever way', async () => {
    const lastLook = async (): Promise<unknown> =>
      (
        await millrace.metadata.query(`select max(query_start) as at from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query ilike '%max(changed)%'`)
      )[0]?.['at'];
    const twice = async (): Promise<boolean> => {
      const before = await lastLook();
      await sleep(3 * LOOK_EVERY_MS);
      return String(await lastLook()) === String(before);
    };
    const reader = await watch('events');
    await reader.until(() => true);
    expect(await twice()).toBe(false);
    const head = await fetch(`${millrace.apiUrl}/v1/events`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${millrace.apiKey}` },
    });
    expect(head.status).toBe(200);
    reader.drop();
    await waitFor(twice, { what: 'nobody looks any more' });
  });

  test('a server that stops ends them, and is not held up by them', async () => {
    const second = await millrace.secondApi();
    const readers = await Promise.all([0, 1, 2].map(() => watch('events', undefined, second.url)));
    await Promise.all(readers.map((reader) => reader.until(() => true)));
    const begun = Date.now();
    await second.close();
    await Promise.all(readers.map((reader) => reader.ended()));
    expect(Date.now() - begun).toBeLessThan(5_000);
  });
});
