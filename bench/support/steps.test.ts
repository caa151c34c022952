import { expect, test } from 'vitest';
import { type StepEvent, stepMeasures, stepsIn } from './steps.js';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 });

const EVENTS: StepEvent[] = [
  { eventId: 2, eventTime: at(1_000), workflowTaskScheduledEventAttributes: {} },
  { eventId: 3, eventTime: at(1_004), workflowTaskStartedEventAttributes: { scheduledEventId: 2 } },
  { eventId: 4, eventTime: at(1_010), workflowTaskCompletedEventAttributes: { scheduledEventId: 2 } },
  { eventId: 5, eventTime: at(1_010), activityTaskScheduledEventAttributes: { activityType: { name: 'prepare' } } },
  { eventId: 6, eventTime: at(1_060), activityTaskStartedEventAttributes: { scheduledEventId: 5 } },
  { eventId: 7, eventTime: at(2_060), activityTaskCompletedEventAttributes: { scheduledEventId: 5 } },
  { eventId: 8, eventTime: at(2_061), activityTaskScheduledEventAttributes: { activityType: { name: 'extract' } } },
];

test('steps are told with how long they waited and worked; one that has not ended is not told', () => {
  expect(stepsIn(EVENTS)).toEqual([
    { name: 'workflow task', waitedMs: 4, workedMs: 6 },
    { name: 'prepare', waitedMs: 50, workedMs: 1_000 },
  ]);
});

test('steps of one kind are one measure', () => {
  const [waits, works] = stepMeasures([...stepsIn(EVENTS.slice(3)), ...stepsIn(EVENTS.slice(3))], 'first run');
  expect(waits).toEqual({ name: 'first run: prepare (2) waits', unit: 'ms', values: [50, 50] });
  expect(works?.values).toEqual([1_000, 1_000]);
});
