import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import type { AnyDestination } from '../../connectors/registry.js';
import type { LoadRequest, LoadResult } from '../../connectors/sdk/index.js';
import { isMillraceError } from '../../connectors/sdk/index.js';
import { destinationSuite } from '../../connectors/sdk/testing/destination/suite.js';
import { destinationChecks } from '../../connectors/sdk/testing/index.js';
import { type TestDatabase, freshDatabase } from '../support/servers.js';
import { closeLeaks, leakSocket } from './support/shop.js';
import { postgres, warehouse } from './support/warehouse.js';

vi.setConfig({ testTimeout: 120_000 });

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase('conformance_broken');
});
afterAll(async () => {
  closeLeaks();
  await database.drop();
});

type Load = AnyDestination['load'];

/** Loads otherwise than it was asked to. */
const asking = (change: (request: LoadRequest) => Partial<LoadRequest>): Partial<AnyDestination> => ({
  load: (context, request) => postgres.load(context, { ...request, ...change(request) }),
});

const answering = (change: (result: LoadResult, request: LoadRequest) => Partial<LoadResult>): Partial<AnyDestination> => ({
  load: async (context, request) => {
    const result = await postgres.load(context, request);
    return { ...result, ...change(result, request) };
  },
});

/** Says that it has loaded what it was given. */
const claimed = ({ seq, to, rows }: LoadRequest): LoadResult => ({
  ...{ seq, to, alreadyLoaded: true, notes: [] },
  rows: { loaded: rows, rejected: 0, superseded: 0 },
});

const swallowing =
  (code: string): Load =>
  (context, request) =>
    postgres.load(context, request).catch((error: unknown) => {
      if (isMillraceError(error) && error.code === code) return claimed(request);
      throw error;
    });

const without = (name: string) => asking(({ columns }) => ({ columns: columns.filter((column) => column.name !== name) }));

/** For each check a destination that is right in all but one thing. */
const BROKEN: Readonly<Record<string, readonly (readonly [what: string, broken: Partial<AnyDestination>])[]>> = {
  definition: [
    ['does not say what it guarantees', { guarantee: 'all' as never }],
    ['names a mode that there is not', { modes: ['upsert' as never] }],
    ['takes no mode at all', { modes: [] }],
    ['refuses what nobody asks for', { refuses: ['everything' as never] }],
  ],
  documentation: [['says nothing of a field', { config: z.strictObject({ url: z.string() }) }]],
  config: [['takes whatever it gets', { config: z.looseObject({ url: z.string().describe('URL.') }) }]],
  check: [['does not say that it is well', { check: async () => ({}) as never }]],
  'wrong-credentials': [['never connects', { check: async () => ({ ok: true, facts: {} }) }]],
  fence: [
    [
      'lets everybody in',
      { fence: (context, request) => postgres.fence(context, { ...request, epoch: Math.max(request.epoch, 5) }) },
    ],
    [
      'does not know that a target is missing',
      {
        fence: async (context, request) => {
          const result = await postgres.fence(context, request);
          return result.outcome === 'raised' ? { ...result, missingTargets: [] } : result;
        },
      },
    ],
    [
      'has a clock that stands',
      {
        fence: async (context, request) => {
          const result = await postgres.fence(context, request);
          return result.outcome === 'raised' ? { ...result, asOf: '2026-01-01T00:00:00Z' } : result;
        },
      },
    ],
  ],
  incremental_append: [
    ['counts otherwise than it writes', answering(({ rows }) => ({ rows: { ...rows, loaded: rows.loaded + 1 } }))],
    ['merges by the key', asking(({ mode }) => (mode === 'incremental_append' ? { mode: 'incremental_deduped' } : {}))],
  ],
  incremental_deduped: [['takes the row that came last', asking(() => ({ dedup: 'last_load_wins' }))]],
  full_refresh_overwrite: [['adds to what is there', asking(({ whole }) => (whole ? { mode: 'full_refresh_append' } : {}))]],
  full_refresh_append: [['replaces what is there', asking(({ whole }) => (whole ? { mode: 'full_refresh_overwrite' } : {}))]],
  mirror: [['keeps what is gone', asking(({ whole }) => (whole ? { deletes: 'soft' } : {}))]],
  scd2: [['keeps no history', asking(({ whole }) => (whole ? { mode: 'mirror' } : {}))]],
  ledger: [
    ['forgets where feeds stand', { standing: async () => ({ epoch: 0, ledger: [] }) }],
    ['lists no slices', { slicesOfRun: async () => [] }],
  ],
  retry: [['does not know that it has loaded', answering(() => ({ alreadyLoaded: false }))]],
  chain: [['accepts a slice that does not follow', { load: swallowing('load.stale_position') }]],
  fencing: [['says that it has loaded for a run that lost its place', { load: swallowing('load.stale_epoch') }]],
  crash: [
    [
      'takes a second attempt for done',
      { load: async (context, request) => (request.attempt > 1 ? claimed(request) : postgres.load(context, request)) },
    ],
  ],
  handles: [['leaves a connection open', { check: async (context) => (await leakSocket(), postgres.check(context)) }]],
  evolution: [['leaves new columns out', without('added')]],
  'odd-names': [['leaves out what it cannot name', without('case')]],
  'odd-values': [['leaves a column out', without('value_3')]],
  'null-field': [
    ['rejects the whole row', asking(() => ({ rowPolicy: 'reject_row' }))],
    [
      'notes nothing',
      {
        load: async (context, request) => {
          const result = await postgres.load(context, request);
          const { schema, table } = request.target;
          if (result.rows.loaded === 3) await database.query(`update "${schema}"."${table}" set _millrace_changes = null`);
          return result;
        },
      },
    ],
  ],
  'reject-row': [
    ['loads it without the value', asking(({ rowPolicy }) => (rowPolicy === 'reject_row' ? { rowPolicy: 'null_field' } : {}))],
    ['keeps it nowhere', asking(() => ({ keepRejects: async ({ rows }) => ({ manifest: 'none', sha256: '', rows }) }))],
    [
      'forgets what it has rejected',
      answering(({ alreadyLoaded, rows }) => (alreadyLoaded ? { rows: { ...rows, rejected: 0 } } : {})),
    ],
    [
      'forgets where it is kept',
      {
        load: async (context, request) => {
          const { rejects: _, ...result } = await postgres.load(context, request);
          return result;
        },
      },
    ],
  ],
  stop: [['goes on without it', asking(({ rowPolicy }) => (rowPolicy === 'stop' ? { rowPolicy: 'reject_row' } : {}))]],
  secrets: [
    [
      'logs its configuration',
      {
        fence: (context, request) => {
          context.log.info('connecting', { config: context.config });
          return postgres.fence(context, request);
        },
      },
    ],
  ],
};

const cases = Object.entries(BROKEN).flatMap(([check, breaks]) => breaks.map(([what, broken]) => ({ check, what, broken })));

describe('a destination that', () => {
  test.each(cases)('$what fails $check', async ({ check: name, broken }) => {
    await using suite = destinationSuite(async () => warehouse(database, broken));
    const check = destinationChecks.find((candidate) => candidate.name === name);
    if (name === 'secrets') await suite.report({ id: 'postgres', kind: 'destination' }, () => undefined);
    const report = check && (await suite.run(check));
    expect(report).toMatchObject({ name, status: 'fail', detail: expect.stringMatching(/\S/), fix: expect.stringMatching(/\S/) });
    expect(report?.detail).not.toContain('canary');
  });
});

test('every check can fail', () => {
  expect(Object.keys(BROKEN).toSorted()).toEqual(destinationChecks.map(({ name }) => name).toSorted());
});

test('modes that are not declared are skipped', async () => {
  await using suite = destinationSuite(async () => ({ ...warehouse(database), modes: ['incremental_append'] }));
  const { ok, checks } = await suite.report({ id: 'postgres', kind: 'destination' }, () => undefined);
  const skipped = checks.filter(({ status }) => status === 'skip').map(({ name }) => name);
  expect(skipped).toEqual(['incremental_deduped', 'full_refresh_overwrite', 'full_refresh_append', 'mirror', 'scd2']);
  expect(ok, JSON.stringify(checks.filter(({ status }) => status === 'fail'))).toBe(true);
});
