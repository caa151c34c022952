import type { LedgerPosition } from '../connectors/sdk/types.js';
import type { ConnectionPlan, RunError } from '../platform/db/store.js';
import { MillraceError, isMillraceError } from '../platform/errors/error.js';
import type { StreamConfig } from '../schema/connection-config.js';
import type { StreamDescription } from '../schema/types.js';
import { runFolder } from '../stage/layout.js';
import type { PrepareInput, Prepared, PreparedFeed } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import {
  type FeedPlan,
  type RouteEnds,
  type RunPlan,
  isFullRefresh,
  openDestination,
  openSource,
  planFeed,
  sessionOf,
} from './plan.js';
import { putDocument } from './plan-store.js';
import { addressOf, placeByCursor, placeOf } from './place.js';
import { type Shell, inShell } from './shell.js';

/** Fixes the plan of the run, takes the destination over from whoever had it, and finds where every feed stands. */
export function createPrepare(dependencies: ActivityDependencies) {
  return (input: PrepareInput): Promise<Prepared> => inShell((shell) => prepare(shell, dependencies, input));
}

async function prepare(shell: Shell, dependencies: ActivityDependencies, input: PrepareInput): Promise<Prepared> {
  const { run } = input;
  const connection = await dependencies.store.loadConnection(run.connectionId);
  await dependencies.store.recordRun({ ...runRecord(input), status: 'running', connectionVersion: connection.version });
  const wanted = connection.streams.filter((stream) => !input.streams || input.streams.includes(stream.name));
  const source = openSource(shell, dependencies, connection.source, sessionOf(run, '', shell.attempt));
  const destination = openDestination(shell, dependencies, connection.destination, sessionOf(run, '', shell.attempt));
  const names = wanted.map((stream) => stream.name);
  const [catalog, fence] = await Promise.all([
    source.connector.discover(source.context, names),
    destination.connector.fence(destination.context, {
      connectionId: run.connectionId,
      epoch: run.epoch,
      run: run.number,
      feeds: names,
    }),
  ]);
  if (fence.outcome === 'refused') return { outcome: 'behind', epoch: fence.epoch };
  const planned = wanted.map((config) =>
    planOrError(
      config,
      catalog.streams.find((stream) => stream.name === config.name),
      {
        source: source.connector,
        destination: destination.connector,
        target: destination.connector.defaultTarget(destination.context.config, config.name),
      },
    ),
  );
  return finishPlan(dependencies, input, { connection, planned, ledger: fence.ledger, endedSessions: fence.endedSessions });
}

type Planned =
  | { readonly feed: string; readonly plan: FeedPlan }
  | { readonly feed: string; readonly error: RunError; readonly mode: StreamConfig['mode'] };

/** One stream that cannot be planned does not stop the others. */
function planOrError(config: StreamConfig, stream: StreamDescription | undefined, ends: RouteEnds): Planned {
  try {
    if (!stream)
      throw new MillraceError('source.stream_missing', {
        detail: `The source has no stream ${config.name} that this user may read.`,
        stream: config.name,
      });
    return { feed: config.name, plan: planFeed(config, stream, ends) };
  } catch (error) {
    return { feed: config.name, mode: config.mode, error: streamError(error) };
  }
}

async function finishPlan(
  { stage }: ActivityDependencies,
  input: PrepareInput,
  found: {
    readonly connection: ConnectionPlan;
    readonly planned: readonly Planned[];
    readonly ledger: readonly LedgerPosition[];
    readonly endedSessions: number;
  },
): Promise<Prepared> {
  const feeds = await Promise.all(found.planned.map((planned) => prepareFeed(stage, input, planned, found.ledger)));
  const plans = found.planned.flatMap((planned) => ('plan' in planned ? [planned.plan] : []));
  const document: RunPlan = { format: 'millrace-plan/1', connectionVersion: found.connection.version, feeds: plans };
  const key = `${runFolder(addressOf(input.run))}/plan-${crypto.randomUUID()}.json`;
  const notes = found.endedSessions > 0 ? [`ended ${found.endedSessions} sessions of an earlier run in the destination`] : [];
  return { outcome: 'ready', plan: await putDocument(stage, key, document), feeds, notes };
}

async function prepareFeed(
  stage: ActivityDependencies['stage'],
  input: PrepareInput,
  planned: Planned,
  ledger: readonly LedgerPosition[],
): Promise<PreparedFeed> {
  const known = { state: input.feeds[planned.feed], ledger: ledger.find((row) => row.feed === planned.feed) };
  const fullRefresh = isFullRefresh('plan' in planned ? planned.plan.mode : planned.mode);
  const place = await placeOf(stage, input.run, { name: planned.feed, fullRefresh }, known);
  if ('error' in planned) return { feed: planned.feed, transforms: false, place, error: planned.error };
  const { feed, plan } = planned;
  try {
    return { feed, transforms: plan.sql !== undefined, place: placeByCursor(place, plan) };
  } catch (error) {
    return { feed, transforms: false, place, error: streamError(error) };
  }
}

/** What concerns one stream becomes part of the plan; anything else stops the run. */
function streamError(error: unknown): RunError {
  if (!isMillraceError(error)) throw error;
  return { code: error.code, message: error.message, suggestion: error.suggestion };
}

function runRecord({ run, startedAt }: PrepareInput) {
  const { runId, workspaceId, connectionId, number, trigger, workflowId } = run;
  return { id: runId, workspaceId, connectionId, number, trigger, workflowId, startedAt };
}
