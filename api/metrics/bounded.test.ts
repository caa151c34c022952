import { expect, test } from 'vitest';
import { boundedDurations, boundedRuns, boundedStreams, namedConnections, OTHERS } from './bounded.js';
import type { StreamTotals } from './metric-store.js';

const WORKSPACE = 'wsp_a';

function totals(connection: string, stream: string, loaded: string, age: number | null): StreamTotals {
  const counts = {
    extracted: '1',
    repeated: '0',
    filtered: '0',
    loaded,
    rejected: '0',
    superseded: '0',
    bytes: '2',
    slices: '1',
  };
  return { workspace_id: WORKSPACE, connection_id: connection, stream, ...counts, age_seconds: age };
}

test('streams beyond the bound are added up with every digit, and are as fresh as the stalest of them', () => {
  const all = [
    totals('a', 's', '5', 1),
    totals('b', 's', '9007199254740993', 10),
    totals('c', 's', '1', 30),
    totals('c', 't', '1', null),
  ];
  expect(boundedStreams(all, 1)).toEqual([
    all[0],
    { ...totals(OTHERS, OTHERS, '9007199254740995', 30), extracted: '3', bytes: '6', slices: '3' },
  ]);
  expect(boundedStreams(all, 4)).toEqual(all);
});

test('connections beyond the bound are added up by status', () => {
  const named = namedConnections(
    [{ id: 'a' }, { id: 'b' }].map((one) => ({ ...one, workspace_id: WORKSPACE, name: '', source: '', destination: '' })),
    1,
  );
  const run = (connection_id: string, status: string, runs: string) => ({ workspace_id: WORKSPACE, connection_id, status, runs });
  expect(
    boundedRuns([run('a', 'failed', '1'), run('b', 'failed', '2'), run('c', 'failed', '3'), run('c', 'delayed', '4')], named),
  ).toEqual([run('a', 'failed', '1'), run(OTHERS, 'failed', '5'), run(OTHERS, 'delayed', '4')]);
  const took = (connection_id: string, at_most: string[]) => ({
    workspace_id: WORKSPACE,
    connection_id,
    runs: '2',
    seconds: 1.5,
    at_most,
  });
  expect(boundedDurations([took('b', ['0', '2']), took('c', ['1', '2'])], named)).toEqual([
    { workspace_id: WORKSPACE, connection_id: OTHERS, runs: '4', seconds: 3, at_most: ['1', '4'] },
  ]);
});
