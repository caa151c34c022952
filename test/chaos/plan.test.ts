import { describe, expect, test } from 'vitest';
import { type Fault, type FaultKind, LONG_DECK, type PlanOptions, SHORT_DECK, describeFault, planFaults } from './plan.js';
import { seededRandom } from './random.js';

const OPTIONS: PlanOptions = { seed: 7, workers: 3, connections: 4, deck: LONG_DECK, longestGapMs: 4_000, faults: 200 };

const countOf = (plan: readonly Fault[], kind: FaultKind): number => plan.filter((fault) => fault.kind === kind).length;

describe('the plan of faults', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(planFaults(OPTIONS)).toEqual(planFaults(OPTIONS));
    expect(planFaults({ ...OPTIONS, seed: 8 })).not.toEqual(planFaults(OPTIONS));
  });

  test('does not change from one version to the next without anybody noticing', () => {
    expect(planFaults({ ...OPTIONS, faults: 4 })).toMatchInlineSnapshot(`
      [
        {
          "atMs": 1035,
          "downMs": 1071,
          "kind": "kill_worker",
          "worker": 0,
        },
        {
          "afterMs": 553,
          "atMs": 3311,
          "connection": 0,
          "kind": "cancel",
        },
        {
          "atMs": 5591,
          "byMs": 112,
          "forMs": 4110,
          "kind": "delay",
          "link": "metadata",
        },
        {
          "atMs": 7660,
          "forMs": 2740,
          "kind": "cut",
          "link": "destination",
        },
      ]
    `);
  });

  test('of fewer faults is the beginning of one of more', () => {
    expect(planFaults({ ...OPTIONS, faults: 20 })).toEqual(planFaults(OPTIONS).slice(0, 20));
  });

  test('ends with the time or with the count, whichever comes first', () => {
    const minute = planFaults({ ...OPTIONS, lastsMs: 60_000 });
    expect(minute.at(-1)!.atMs).toBeLessThanOrEqual(60_000);
    expect(minute).toEqual(planFaults(OPTIONS).slice(0, minute.length));
    expect(planFaults({ ...OPTIONS, faults: 3, lastsMs: 60_000 })).toHaveLength(3);
  });

  test.each([1, 2, 3, 4, 5])('holds every kind as often as the deck says (seed %i)', (seed) => {
    const cards = Object.values(LONG_DECK).reduce((sum, count) => sum + count, 0);
    const plan = planFaults({ ...OPTIONS, seed, faults: cards });
    for (const [kind, count] of Object.entries(LONG_DECK)) expect(countOf(plan, kind as FaultKind), kind).toBe(count);
  });

  test('of the short form holds each of its kinds within the first deck', () => {
    const plan = planFaults({ ...OPTIONS, deck: SHORT_DECK, faults: 12 });
    expect(new Set(plan.map(({ kind }) => kind)).size).toBe(12);
    expect(countOf(plan, 'freeze_worker')).toBe(0);
  });

  test('names only victims that there are, in order of time', () => {
    const plan = planFaults(OPTIONS);
    for (const fault of plan) {
      if ('worker' in fault) expect([0, 1, 2]).toContain(fault.worker);
      if ('connection' in fault) expect([0, 1, 2, 3]).toContain(fault.connection);
    }
    expect(plan.map(({ atMs }) => atMs)).toEqual(plan.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  });

  test('freezes a worker for longer than its heartbeats may be missing', () => {
    const freezes = planFaults(OPTIONS).filter((fault) => fault.kind === 'freeze_worker');
    expect(freezes.length).toBeGreaterThan(0);
    for (const { forMs } of freezes) expect(forMs).toBeGreaterThan(10_000);
  });

  test('can be read', () => {
    expect(describeFault({ kind: 'cut', link: 'source', forMs: 1_200, atMs: 1 })).toBe('cut, link source, for 1200 ms');
    expect(describeFault({ kind: 'kill_worker', worker: 1, downMs: 5, atMs: 1 })).toBe('kill worker, worker 1, down 5 ms');
  });
});

describe('the random numbers', () => {
  test('fill their range, both ends included', () => {
    const random = seededRandom(1);
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(3, 6)));
    expect([...drawn].toSorted()).toEqual([3, 4, 5, 6]);
  });

  test('shuffle without losing anything', () => {
    const items = Array.from({ length: 30 }, (_, index) => index);
    const shuffled = seededRandom(1).shuffled(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });
});
