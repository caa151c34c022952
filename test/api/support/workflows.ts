/**
 * Stand-ins for the real workflows that keep their contract (workflows/messages.ts) and do nothing else: what the API
 * promises must hold whatever the workflows do inside.
 */
import { ApplicationFailure, condition, proxyActivities, setHandler, uuid4 } from '@temporalio/workflow';
import {
  type ActiveRun,
  type ConnectionInput,
  type ConnectionView,
  type FeedState,
  type ProbeInput,
  type SyncAccepted,
  type SyncRequest,
  type TickInput,
  cancelSync,
  pause,
  requestSync,
  resetStream,
  resume,
  setState,
  state,
  syncWorkflowId,
} from '../../../workflows/messages.js';

export interface ProbeActivities {
  check(input: ProbeInput): Promise<unknown>;
  discover(input: ProbeInput): Promise<unknown>;
}

const activities = proxyActivities<ProbeActivities>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '1s',
  retry: { maximumAttempts: 1 },
});

const FRESH: FeedState = { lineage: 1, generation: 1, seq: 0, position: { kind: 'start' } };

function refuse(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [{ suggestion: `fix ${type}` }] });
}

export async function connection(input: ConnectionInput): Promise<void> {
  const view = {
    paused: false,
    pauseNote: null as string | null,
    epoch: 1,
    active: null as ActiveRun | null,
    feeds: {} as Record<string, FeedState>,
  };
  let number = input.lastNumber ?? 0;
  setHandler(state, (): ConnectionView => ({ ...view, queued: [], lastRun: null }));
  setHandler(
    requestSync,
    (request): SyncAccepted => {
      number += 1;
      const run = {
        runId: `run_${uuid4().replaceAll('-', '').slice(0, 26)}`,
        number,
        workflowId: syncWorkflowId(input.connectionId, number),
      };
      view.active = { ...run, trigger: request.trigger };
      return { ...run, outcome: 'started' };
    },
    {
      validator: (request: SyncRequest) => {
        if (view.paused) throw refuse('connection.paused', `Paused: ${view.pauseNote}`);
        if (request.streams?.includes('explode')) throw refuse('source.stream_missing', 'explode is not there');
      },
    },
  );
  setHandler(cancelSync, ({ runId }) => {
    if (!view.active || (runId !== undefined && runId !== view.active.runId)) throw refuse('run.not_active', 'nothing runs');
    const cancelled = view.active.runId;
    view.active = null;
    return { runId: cancelled };
  });
  setHandler(pause, ({ note }) => {
    Object.assign(view, { paused: true, pauseNote: note });
    return { paused: true } as const;
  });
  setHandler(resume, () => {
    Object.assign(view, { paused: false, pauseNote: null });
    return { paused: false } as const;
  });
  setHandler(resetStream, ({ feed }) => move(feed, { kind: 'start' }));
  setHandler(setState, ({ feed, position }) => move(feed, position));
  function move(feed: string, position: FeedState['position']): FeedState {
    const moved = { ...(view.feeds[feed] ?? FRESH), lineage: (view.feeds[feed]?.lineage ?? 0) + 1, position };
    view.feeds[feed] = moved;
    return moved;
  }
  await condition(() => false);
}

export async function tick(_input: TickInput): Promise<void> {}

export async function check(input: ProbeInput): Promise<unknown> {
  return activities.check(input);
}

export async function discover(input: ProbeInput): Promise<unknown> {
  return activities.discover(input);
}
