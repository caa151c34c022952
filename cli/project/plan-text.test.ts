import { expect, test } from 'vitest';
import { PLAIN } from '../output/style.js';
import type { Plan, Step } from './plan.js';
import { planText } from './plan-text.js';

const STEP: Step = {
  ...{ action: 'update', kind: 'connection', name: 'shop', id: 'con_1' },
  ...{ changes: [], secrets: [], drifted: [], adopts: false, destroys: false, streams: [], notes: [] },
};

const text = (steps: readonly Step[], rest: Partial<Plan> = {}): string =>
  planText({ project: 'shop', hash: '3f9ac2d1e4b5a697', steps, uncompared: [], warnings: [], ...rest }, PLAIN);

test('a plan says what is made, changed and destroyed, and what becomes of each stream', () => {
  const plan = text([
    {
      ...STEP,
      ...{ action: 'create', kind: 'source', name: 'crm' },
      changes: [
        { path: 'connector', after: 'postgres' },
        { path: 'config.url', after: { set: true } },
      ],
      secrets: [{ path: 'config.url', from: '${CRM_URL}' }],
    },
    {
      ...STEP,
      destroys: true,
      drifted: ['schedule'],
      changes: [
        { path: 'schedule.every', before: '5m', after: '15m' },
        { path: 'streams[s.a].sql', before: 'select *\nfrom input\n', after: 'select id\nfrom input\n' },
        { path: 'streams[s.b].primaryKey', before: ['id'], after: ['id', 'line'] },
        { path: 'labels.team', before: 'sales' },
      ],
      streams: [
        {
          stream: 's.a',
          effect: 'goes_on',
          position: 'id 42',
          refresh: 'rows that are loaded already were made without the new sql',
        },
        { stream: 's.b', effect: 'is_replaced', why: 'its key was (id)' },
        { stream: 's.c', effect: 'stops', why: 'its target was raw.c, and onTargetMissing is stop' },
      ],
    },
    { ...STEP, action: 'delete', name: 'old', id: 'con_2', destroys: true, notes: ['Its positions go.'] },
  ]);
  expect(plan).toBe(`Plan of shop:

+ source crm con_1
    + connector: postgres
    + config.url: \${CRM_URL}

~ connection shop con_1 !
    changed outside of these files: schedule
    ~ schedule.every: 5m → 15m
    ~ streams[s.a].sql:
        - select *
        + select id
          from input
    ~ streams[s.b].primaryKey: ["id"] → ["id","line"]
    - labels.team: sales
    stream s.a keeps its position: id 42; rows that are loaded already were made without the new sql: to make them anew, millrace sync shop --stream s.a --refresh
    stream s.b reads from the start and replaces what was loaded, because its key was (id)
    stream s.c stops, because its target was raw.c, and onTargetMissing is stop: millrace sync shop --stream s.c --refresh

- connection old con_2 !
    Its positions go.

1 to create, 1 to change, 1 to delete; 2 of them destroy positions or rows (!).
Plan 3f9ac2d1e4b5a697`);
});

test('of many streams only those with news are shown', () => {
  const same = Array.from({ length: 8 }, (_, at) => ({ stream: `s.${at}`, effect: 'goes_on' as const }));
  const plan = text([{ ...STEP, streams: [...same, { stream: 's.new', effect: 'is_new' }] }]);
  expect(plan).toContain('    stream s.new is new: reads from the start\n    8 other streams go on where they are');
  expect(plan).not.toContain('s.3');
});

test('a stream that was never read can lose nothing, and one that comes back goes on', () => {
  const plan = text([
    {
      ...STEP,
      streams: [
        { stream: 's.a', effect: 'is_replaced', why: 'its mode was mirror', unread: true },
        { stream: 's.b', effect: 'is_new', position: 'id 7' },
      ],
    },
  ]);
  expect(plan).toContain('stream s.a has not been read yet');
  expect(plan).toContain('stream s.b was read before, and goes on from there: id 7');
});

test('nothing to do is said, with what could not be compared', () => {
  expect(text([], { uncompared: ['sources.crm.config.url (${CRM_URL})'], warnings: ['No file matches a.'] })).toBe(
    `Nothing to do: shop is as its files say.
! No file matches a.
Not compared, because values of secrets are never told: sources.crm.config.url (\${CRM_URL}). --update-secrets sends them.`,
  );
});

test('what comes from elsewhere cannot steer the terminal, and a password in a URL is masked', () => {
  const plan = text([
    {
      ...STEP,
      name: 'a\u001b[2Jb',
      changes: [{ path: 'config.endpoint', after: 'https://user:hunter2@host/\u001b[2J' }],
      notes: ['two\nlines'],
    },
  ]);
  expect(plan).not.toContain('\u001b');
  expect(plan).not.toContain('hunter2');
  expect(plan).toContain('two lines');
});
