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
  type NewPlace,
  type ProbeInput,
  type StateChange,
  type SyncAccepted,
  type SyncRequest,
  type TickInput,
  cancelSync,
  pause,
  ready,
  refreshStream,
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
  let revision = 0;
  const seen = (): ConnectionView => ({ ...view, revision, tripped: null, queued: [], lastRun: null });
  setHandler(state, seen);
  setHandler(ready, seen);
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
  setHandler(resetStream, ({ feed, by }) => move({ [feed]: { position: { kind: 'start' } } }, { kind: 'reset', by }));
  setHandler(refreshStream, ({ feed, by }) =>
    move({ [feed]: { position: { kind: 'start' }, refreshing: true } }, { kind: 'refresh', by }),
  );
  setHandler(setState, ({ feeds, kind, by }) => move(feeds, { kind, by }));
  function move(feeds: Readonly<Record<string, NewPlace>>, change: Pick<StateChange, 'kind' | 'by'>): StateChange {
    const moved = Object.entries(feeds).map(([feed, place]) => {
      const before = view.feeds[feed] ?? null;
      const after = { ...(before ?? FRESH), lineage: (before?.lineage ?? 0) + 1, ...place };
      view.feeds[feed] = after;
      return [feed, { before, after }];
    });
    revision += 1;
    return { ...change, revision, feeds: Object.fromEntries(moved) };
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
