import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureAdminKey } from '../../api/bootstrap-key.js';
import { newId } from '../../platform/db/ids.js';
import { createMetadataStore } from '../../platform/db/metadata-store.js';
import { KeyRing } from '../../platform/secrets/key-ring.js';
import { Notices, RUN_ENDED } from '../../platform/db/notices.js';
import { openMetadata } from '../../platform/db/open.js';
import type { MetadataStore, RunRecord, StreamRecord } from '../../platform/db/store.js';
import { waitFor } from '../support/wait-for.js';
import { createDatabase, type TestDatabase } from './support/database.js';

let database: TestDatabase;
let store: MetadataStore;

beforeAll(async () => {
  database = await createDatabase();
  store = await createMetadataStore(database.url, new KeyRing(randomBytes(32)));
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

describe('migrations', () => {
  test('several processes may open an empty database at once', async () => {
    const empty = await createDatabase();
    const pools = await Promise.all([1, 2, 3, 4].map(() => openMetadata(empty.url)));
    expect(await empty.db('workspaces').select('id', 'name')).toEqual([{ id: 'wsp_default', name: 'default' }]);
    expect(await empty.db('millrace_migrations').pluck('name')).toEqual([
      '001-core-tables',
      '002-schedules',
      '003-steering',
      '004-verification',
      '005-rejects',
      '006-stream-schemas',
      '007-resources',
      '009-events',
      '010-archive',
      '011-workspaces',
      '012-project-names',
      '013-told-ends',
      '014-stage-marks',
    ]);
    await Promise.all(pools.map((pool) => pool.destroy()));
    await empty.drop();
  });

  test('a lock that a killed process has left behind does not block the next start', async () => {
    await database.db('millrace_migrations_lock').update({ is_locked: 1 });
    const db = await openMetadata(database.url);
    expect(await db('millrace_migrations_lock').pluck('is_locked')).toEqual([0]);
    await db.destroy();
  });

  test('a database of a newer version is refused, and not touched', async () => {
    await database.db('millrace_migrations').insert({ name: '999-from-the-future', batch: 2, migration_time: new Date() });
    await expect(openMetadata(database.url)).rejects.toMatchObject({ code: 'setup.invalid' });
    await database.db('millrace_migrations').where({ name: '999-from-the-future' }).delete();
  });

  test('a database that is away is told as such, without the password', async () => {
    const failure = await openMetadata('postgresql://u:planted-pw@127.0.0.1:1/x').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'setup.unavailable', path: 'DATABASE_URL' });
    expect(String(failure)).not.toContain('planted-pw');
  });
});

describe('the projection of runs', () => {
  const newRun = (): RunRecord => {
    const id = newId('run');
    const base = { workspaceId: 'wsp_default', connectionId: 'con_x', number: 7, trigger: 'manual', status: 'queued' } as const;
    return { ...base, id, workflowId: 'sync/con_x/7' };
  };
  const read = (id: string) => database.db('runs').where({ id }).first();

  test('a later status never gives way to an earlier one, and known times stay', async () => {
    const run = newRun();
    const [startedAt, endedAt] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'];
    const error = { code: 'connector.auth_failed', message: 'no', suggestion: 'yes' };
    await store.recordRun({ ...run, status: 'failed', endedAt, error });
    await store.recordRun({ ...run, status: 'running', startedAt, connectionVersion: 3 });
    await store.recordRun(run);
    expect(await read(run.id)).toMatchObject({
      status: 'failed',
      error,
      connection_version: 3,
      started_at: new Date(startedAt),
      ended_at: new Date(endedAt),
    });
  });

  test('every order of reports ends the same', async () => {
    const [queued, running, succeeded] = ['queued', 'running', 'succeeded'] as const;
    const orders = [
      [queued, running, succeeded],
      [succeeded, running, queued],
      [running, succeeded, queued, running],
      [succeeded, succeeded],
    ];
    for (const order of orders) {
      const run = newRun();
      for (const status of order) await store.recordRun({ ...run, status });
      expect((await read(run.id)).status).toBe('succeeded');
    }
  });

  test('an end is told once, to whoever listens; a session that was lost is opened again', async () => {
    const told: string[] = [];
    await using notices = new Notices(database.db, RUN_ENDED, (id) => told.push(id));
    await notices.listen();
    const end = async (): Promise<string> => {
      const run = newRun();
      for (const status of ['queued', 'running', 'succeeded', 'succeeded'] as const) await store.recordRun({ ...run, status });
      return run.id;
    };
    const first = await end();
    await waitFor(() => told.length > 0, { what: 'the end is told' });
    expect(told).toEqual([first]);
    await database.db.raw(`select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen ${RUN_ENDED}'`);
    await waitFor(
      async () => {
        await notices.listen();
        await end();
        return told.length > 1;
      },
      { what: 'ends are told again' },
    );
  });

  test('streams: late reports change nothing, progress does', async () => {
    const { id } = newRun();
    const at = (fields: Partial<StreamRecord>, loaded: number): StreamRecord => ({
      name: 'public.orders',
      step: 'load',
      status: 'running',
      rows: { extracted: loaded, repeated: 0, filtered: 0, loaded, rejected: 0, superseded: 0 },
      bytes: 5_000_000_000,
      slices: 1,
      cursor: null,
      error: null,
      notes: [],
      ...fields,
    });
    const cursor = { type: 'int', field: 'id', value: '9007199254740993' };
    await store.recordStreams(id, [at({ slices: 2, notes: ['added column x'], cursor }, 20)]);
    await store.recordStreams(id, [at({ slices: 1 }, 10)]);
    const read = () => database.db('run_streams').where({ run_id: id }).first();
    expect(await read()).toMatchObject({
      rows_loaded: '20',
      slices: '2',
      bytes: '5000000000',
      cursor,
      notes: ['added column x'],
    });
    await store.recordStreams(id, [at({ slices: 2, status: 'succeeded', step: 'finished' }, 20)]);
    await store.recordStreams(id, [at({ slices: 3 }, 30)]);
    expect(await read()).toMatchObject({ status: 'succeeded', step: 'finished', rows_loaded: '20' });
    await store.recordStreams(id, []);
  });

  test('what does not exist is said so', async () => {
    await expect(store.loadConnection('con_none')).rejects.toMatchObject({ code: 'request.not_found' });
    await expect(store.loadConnector('source', 'src_none')).rejects.toMatchObject({ code: 'request.not_found' });
  });
});

describe('the admin key of a stack', () => {
  test('is made once, readable by its owner only, and replaced when the database does not know it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-key-'));
    const file = join(folder, 'deeper', 'admin.key');
    const key = await ensureAdminKey(database.url, file);
    expect((await readFile(file, 'utf8')).trim()).toBe(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await ensureAdminKey(database.url, file)).toBe(key);
    await writeFile(file, 'mrk_broken');
    const replaced = await ensureAdminKey(database.url, file);
    expect(replaced).not.toBe(key);
    await database.db('api_keys').update({ revoked_at: new Date() });
    expect(await ensureAdminKey(database.url, file)).not.toBe(replaced);
    await rm(folder, { recursive: true });
  });
});
