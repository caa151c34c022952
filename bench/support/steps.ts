/**
 * Where the time of runs goes, by the times in Temporal's histories.
 * @module
 */
import { Client, Connection } from '@temporalio/client';
import { dataConverter } from '../../platform/temporal/payload-codec.js';
import type { Measure } from './report.js';

/** One activity or workflow task. */
export interface Step {
  readonly name: string;
  /** From when it was asked for until somebody began. */
  readonly waitedMs: number;
  readonly workedMs: number;
}

const WORKFLOW_TASK = 'workflow task';
const WHOLE = 'whole workflow';

/** Steps of these workflows that have ended. */
export async function stepsOf(address: string, workflowIds: readonly string[]): Promise<Step[]> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, dataConverter });
  try {
    const steps: Step[] = [];
    for (const id of workflowIds) {
      const { events } = await client.workflow.getHandle(id).fetchHistory();
      steps.push(...stepsIn(events ?? []), wholeRun(events ?? []));
    }
    return steps;
  } finally {
    await connection.close();
  }
}

/** For each kind of step how often it was done, how long it waited and how long it worked. */
export function stepMeasures(steps: readonly Step[], run: string): Measure[] {
  const names = [...new Set(steps.map(({ name }) => name))];
  return names.flatMap((name) => {
    const own = steps.filter((step) => step.name === name);
    const measure = (verb: string, of: (step: Step) => number): Measure => ({
      ...{ name: `${run}: ${name} (${own.length}) ${verb}`, unit: 'ms' },
      values: own.map(of),
    });
    const works = measure('works', ({ workedMs }) => workedMs);
    return name === WHOLE ? [works] : [measure('waits', ({ waitedMs }) => waitedMs), works];
  });
}

/** What is needed of Temporal's events. */
export interface StepEvent {
  readonly eventId?: unknown;
  readonly eventTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  readonly activityTaskScheduledEventAttributes?: { readonly activityType?: { readonly name?: string | null } | null } | null;
  readonly activityTaskStartedEventAttributes?: Link | null;
  readonly activityTaskCompletedEventAttributes?: Link | null;
  readonly workflowTaskScheduledEventAttributes?: object | null;
  readonly workflowTaskStartedEventAttributes?: Link | null;
  readonly workflowTaskCompletedEventAttributes?: Link | null;
}

interface Link {
  readonly scheduledEventId?: unknown;
}

export function stepsIn(events: readonly StepEvent[]): Step[] {
  const asked = new Map<string, { readonly name: string; readonly at: number; begun?: number }>();
  return events.flatMap((event): Step[] => {
    const name = nameOf(event);
    if (name !== undefined) asked.set(String(event.eventId), { name, at: timeOf(event) });
    const begun = event.activityTaskStartedEventAttributes ?? event.workflowTaskStartedEventAttributes;
    const begunStep = asked.get(String(begun?.scheduledEventId));
    if (begunStep) begunStep.begun = timeOf(event);
    const ended = event.activityTaskCompletedEventAttributes ?? event.workflowTaskCompletedEventAttributes;
    const step = asked.get(String(ended?.scheduledEventId));
    if (step?.begun === undefined) return [];
    return [{ name: step.name, waitedMs: step.begun - step.at, workedMs: timeOf(event) - step.begun }];
  });
}

/** What a run takes beyond this is spent before its workflow and behind it. */
function wholeRun(events: readonly StepEvent[]): Step {
  const [first, last] = [events[0], events.at(-1)];
  return { name: WHOLE, waitedMs: 0, workedMs: first && last ? timeOf(last) - timeOf(first) : NaN };
}

const nameOf = (event: StepEvent): string | undefined =>
  event.activityTaskScheduledEventAttributes?.activityType?.name ??
  (event.workflowTaskScheduledEventAttributes ? WORKFLOW_TASK : undefined);

const timeOf = ({ eventTime }: StepEvent): number => Number(eventTime?.seconds) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
