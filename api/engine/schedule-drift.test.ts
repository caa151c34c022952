import { ScheduleOverlapPolicy } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { foundDigest, wantedDigest } from './schedule-digest.js';
import { driftOf, needsWriting, type Expected, type Found } from './schedule-drift.js';
import { pauseNote } from '../../workflows/messages.js';
import { isForeign, isPausedByHand, nextState, scheduleOptions } from './schedule-options.js';

const FOUND: Found = {
  memo: { connection: 'con_1', workspace: 'wsp_1', installation: 'ins_1' },
  spec: { intervals: [{ every: 3_600_000, offset: 0 }], jitter: 0 },
  policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: 3_600_000, pauseOnFailure: false },
  action: {
    type: 'startWorkflow',
    workflowType: 'tick',
    workflowId: 'tick/con_1',
    taskQueue: 'q',
    args: [{ connectionId: 'con_1' }],
    searchAttributes: {},
    typedSearchAttributes: new TypedSearchAttributes(),
  },
  state: { paused: false },
};
const EXPECTED: Expected = {
  installation: 'ins_1',
  wanted: 'w',
  known: { wanted: 'w', ...foundDigest(FOUND) },
  paused: false,
};

const actions = (found: Partial<Found> | undefined, expected: Partial<Expected> = {}): string[] =>
  driftOf(found && { ...FOUND, ...found }, { ...EXPECTED, ...expected }).map(({ action }) => action);

describe('drift', () => {
  test.each<[string, Partial<Found> | undefined, Partial<Expected>, string[]]>([
    ['none', {}, {}, []],
    ['lost', undefined, {}, ['created']],
    ['lost while paused', undefined, { paused: true }, ['created']],
    ['another spec', { spec: { intervals: [{ every: 1, offset: 0 }] } }, {}, ['repaired']],
    ['without an owner', { memo: { connection: 'con_1' } }, { known: null }, ['adopted']],
    ['never written by us', {}, { known: null }, ['repaired']],
    ['written for another wish', {}, { wanted: 'other' }, ['repaired']],
    ['running, the connection is paused', {}, { paused: true }, ['paused']],
    ['paused by hand', { state: { paused: true, note: 'mine' } }, {}, ['adopted_pause']],
    ['paused by hand without a word', { state: { paused: true } }, {}, ['adopted_pause']],
    ['paused by us alone', { state: { paused: true, note: pauseNote('') } }, {}, ['unpaused']],
    ['both paused', { state: { paused: true, note: 'mine' } }, { paused: true }, []],
    ['limited', { state: { paused: false, remainingActions: 0 } }, {}, ['repaired']],
    ['two things', { spec: {}, state: { paused: true, note: 'mine' } }, {}, ['repaired', 'adopted_pause']],
  ])('%s', (_, found, expected, named) => {
    expect(actions(found, expected)).toEqual(named);
  });

  test('only what changes a Schedule is written', () => {
    const written = ['created', 'adopted', 'repaired', 'paused', 'unpaused', 'adopted_pause', 'removed'] as const;
    expect(written.filter((action) => needsWriting({ action, detail: '' }))).toEqual(['created', 'adopted', 'repaired']);
  });

  test('a Schedule without an owner is nobody else’s', () => {
    expect(isForeign({ memo: { installation: 'ins_2' } }, 'ins_1')).toBe(true);
    expect([{ memo: { installation: 'ins_1' } }, { memo: {} }, {}].map((found) => isForeign(found, 'ins_1'))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('the digest', () => {
  const connection = {
    workspaceId: 'wsp_1',
    connectionId: 'con_1',
    labels: { connection: 'shop', source: 'crm', destination: 'dwh' },
    schedule: { type: 'interval', every: '1h' } as const,
    paused: false,
  };
  const wanted = (change: Partial<typeof connection> = {}, schedule: object = {}): string => {
    const changed = { ...connection, ...change };
    return wantedDigest(
      scheduleOptions(
        changed,
        { ...changed.schedule, ...schedule },
        { installation: 'ins_1', taskQueue: 'q', typedSearchAttributes: [] },
      ),
    );
  };

  test('of what is wanted follows times, policies and names, and nothing else', () => {
    expect(wanted({ paused: true })).toBe(wanted());
    const different = [
      wanted({}, { every: '2h' }),
      wanted({}, { offset: '1m' }),
      wanted({}, { jitter: '1m' }),
      wanted({}, { overlap: 'queue' }),
      wanted({}, { catchUp: '3h' }),
      wanted({ labels: { ...connection.labels, source: 'erp' } }),
    ];
    expect(new Set([wanted(), ...different]).size).toBe(7);
    expect(wanted({}, { overlap: 'skip' })).toBe(wanted());
  });

  test('of what is found does not follow pauses and notes', () => {
    expect(foundDigest({ ...FOUND, state: { paused: true, note: 'x' } })).toEqual(foundDigest(FOUND));
  });
});

describe('the state that is written', () => {
  const byUs = { paused: true, note: pauseNote('freeze') };
  const byHand = { paused: true, note: 'mine' };

  test.each([
    ['new, running', nextState(false), { paused: false, note: '' }],
    ['new, paused', nextState(true), { paused: true, note: 'Paused in Millrace.' }],
    ['paused, keeps its note', nextState(true, byUs), byUs],
    ['resumed', nextState(false, byUs), { paused: false, note: '' }],
    ['paused by hand stays', nextState(false, byHand), byHand],
    ['paused now', nextState(true, { paused: false, note: 'old' }), { paused: true, note: 'Paused in Millrace.' }],
  ])('%s', (_, state, expected) => {
    expect(state).toEqual(expected);
  });

  test('a running Schedule is not paused by hand, whatever its note says', () => {
    expect([{ paused: false, note: 'mine' }, byUs, byHand].map(isPausedByHand)).toEqual([false, false, true]);
  });
});
