import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { postgresConnectionFields } from '../../connectors/postgres/config.js';
import { copyWhileWritten } from '../../connectors/postgres/copy-in.js';
import { type Session, openSession } from '../../connectors/postgres/session.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { waitFor } from '../support/wait-for.js';

const COPY = 'copy public.t from stdin (format csv)';
const signal = new AbortController().signal;

let database: TestDatabase;
let folder: string;
let session: Session;
beforeAll(async () => {
  database = await freshDatabase('copy_in');
  await database.query('create table t (id int)');
  folder = await mkdtemp(join(tmpdir(), 'millrace-copy-in-'));
  const config = z.object(postgresConnectionFields).parse({ url: database.url });
  session = await openSession(config, { sessionName: 'millrace/copy-in', signal });
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  await database.drop();
});

/** Of the COPY that is under way. */
const hasTaken = (bytes: number): Promise<unknown> =>
  waitFor(
    async () => {
      const [copy] = await database.query<{ bytes: string }>('select bytes_processed::text as bytes from pg_stat_progress_copy');
      return Number(copy?.bytes) === bytes;
    },
    { what: `${bytes} bytes are with the server` },
  );

test('rows are with the server before the file is whole', async () => {
  const path = join(folder, 'grows.csv');
  const write = async (): Promise<void> => {
    await appendFile(path, '1\n2\n');
    await hasTaken(4);
    await appendFile(path, '3\n');
    await hasTaken(6);
    await appendFile(path, '4\n');
  };
  expect(await copyWhileWritten(session, COPY, { path, write, signal })).toBe(4);
  expect(await database.query('select count(*)::int as rows from t')).toEqual([{ rows: 4 }]);
});

test('a file whose writing fails is not copied in part, and the session can go on', async () => {
  const path = join(folder, 'fails.csv');
  const write = async (): Promise<void> => {
    await appendFile(path, '5\n');
    await hasTaken(2);
    throw new Error('the disk is full');
  };
  await expect(copyWhileWritten(session, COPY, { path, write, signal })).rejects.toThrow('the disk is full');
  expect(await session.rows('select count(*) as rows from public.t')).toEqual([{ rows: '4' }]);
});

test('a row that the server refuses ends the writing', async () => {
  const path = join(folder, 'refused.csv');
  let stopped = false;
  const write = async (stop: AbortSignal): Promise<void> => {
    await appendFile(path, `x\n${'7\n'.repeat(100_000)}`); // it looks at rows when many have come
    await waitFor(() => stop.aborted, { what: 'the writer is told to stop' });
    stopped = true;
    stop.throwIfAborted();
  };
  await expect(copyWhileWritten(session, COPY, { path, write, signal })).rejects.toThrow('invalid input syntax for type integer');
  expect(stopped).toBe(true);
  expect(await session.rows('select count(*) as rows from public.t')).toEqual([{ rows: '4' }]);
});
