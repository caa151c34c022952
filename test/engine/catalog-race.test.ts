import { afterAll, beforeAll, expect, test } from 'vitest';
import pg from 'pg';
import { type DirectRuns, startDirectRuns } from '../support/direct-runs.js';
import { waitFor } from '../support/wait-for.js';

let runs: DirectRuns;
beforeAll(async () => {
  runs = await startDirectRuns();
});
afterAll(() => runs[Symbol.asyncDispose]());

/** Holds one of our locks until it has done something; whoever asks for it meanwhile has looked before. */
async function firstOf(lock: string, statement: string, whileWaiting: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: runs.destination.url });
  await client.connect();
  try {
    await client.query(`begin; select pg_advisory_xact_lock(hashtext('${lock}')); ${statement}`);
    const second = whileWaiting();
    second.catch(() => undefined); // it is awaited below
    await waitFor(
      async () =>
        (
          await runs.destination.query(`select 1 from pg_stat_activity where wait_event = 'advisory'
        and datname = current_database()`)
        ).length > 0,
      { what: 'the second waits for the lock' },
    );
    await client.query('commit');
    await second;
  } finally {
    await client.end();
  }
}

test('a schema that somebody makes while a load waits to make it is no failure', async () => {
  await runs.source.query('create table orders (id int primary key); insert into orders values (1), (2)');
  const stream = {
    name: 'public.orders',
    mode: 'incremental_append',
    cursorField: 'id',
    target: { schema: 'fresh', table: 'orders' },
  };
  const connection = runs.connect([stream]);
  await firstOf('millrace.shared', 'create schema fresh', () => connection.run());
  expect(await runs.destination.query('select id::text from fresh.orders order by id')).toEqual([{ id: '1' }, { id: '2' }]);
});

test('nor is a ledger that somebody makes meanwhile', async () => {
  await runs.destination.query('drop schema _millrace cascade');
  const connection = runs.connect([{ name: 'public.orders', mode: 'full_refresh_overwrite', target: { table: 'again' } }]);
  await firstOf('millrace.ledger', 'create schema _millrace', () => connection.run());
  expect(await runs.destination.query('select count(*)::text as n from again')).toEqual([{ n: '2' }]);
});
