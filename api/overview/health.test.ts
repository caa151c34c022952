import { describe, expect, test } from 'vitest';
import { type Vitals, healthOf, isLate } from './health.js';

const at = (seconds: number): Date => new Date(seconds * 1_000);
const NOW = { nowMs: 1_000_000, lateAfterMs: 60_000 };
const FINE: Vitals = {
  paused: false,
  tripped: null,
  lastStatus: 'succeeded',
  newest: { createdAt: at(900), endedAt: at(905) },
  lastDueAt: at(900),
};

describe('health', () => {
  test.each<[string, Partial<Vitals>, boolean, string]>([
    ['a connection that succeeds', {}, false, 'ok'],
    ['one that was cancelled', { lastStatus: 'cancelled' }, false, 'ok'],
    ['one that never ran', { lastStatus: null, newest: null }, false, 'never_run'],
    ['one whose time has passed', {}, true, 'late'],
    ['one that never ran although its time has passed', { lastStatus: null }, true, 'late'],
    ['one that failed', { lastStatus: 'failed' }, false, 'failing'],
    ['one of which a stream failed', { lastStatus: 'partial' }, true, 'failing'],
    ['one that paused itself', { tripped: 'paused itself after 5 failed runs' }, false, 'failing'],
    ['one that somebody paused, whatever else', { paused: true, lastStatus: 'failed' }, true, 'paused'],
  ])('%s', (_, vitals, late, expected) => expect(healthOf({ ...FINE, ...vitals }, late)).toBe(expected));
});

describe('late', () => {
  test.each<[string, Partial<Vitals>, boolean]>([
    ['a run began in time', {}, false],
    ['a run was still going on at its time', { newest: { createdAt: at(800), endedAt: at(901) } }, false],
    ['a run goes on', { newest: { createdAt: at(100), endedAt: null } }, false],
    ['the last run ended before its time', { newest: { createdAt: at(800), endedAt: at(805) } }, true],
    ['it never ran', { newest: null }, true],
    ['its time has just come', { newest: null, lastDueAt: at(999) }, false],
    ['nothing is known of its schedule', { newest: null, lastDueAt: undefined }, false],
    ['it is paused', { newest: null, paused: true }, false],
  ])('%s', (_, vitals, expected) => expect(isLate({ ...FINE, ...vitals }, NOW)).toBe(expected));
});
