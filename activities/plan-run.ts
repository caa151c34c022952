import type { FoundPlace } from '../checkpoint/place.js';
import { setByHand } from '../checkpoint/place.js';
import type { AnySource } from '../connectors/registry.js';
import type { Outlook } from '../connectors/sdk/destination.js';
import { inParallel } from '../platform/collections/in-parallel.js';
import type { PlannedRun, PlannedStream, SchemaOutlook } from '../schema/sync-plan.js';
import type { PlanInput, StageRef } from '../workflows/messages.js';
import { stageAnswer } from './answer.js';
import type { PrepareInput, RunRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { type FeedDraft, type RunWork, readDrafts, targetOfStream, trackOf, wantedStreams } from './draft.js';
import { type FeedPlan, type OpenConnector, openDestination, openSource } from './plan.js';
import { estimateRows, planStreamTarget } from './plan-stream.js';
import { type PlacedFeed, placeFeed } from './prepare.js';
import { decide, outlookOf } from './schema-policy.js';
import { type Shell, inShell } from './shell.js';
import { streamError } from './stream-error.js';

/** Streams that are looked at side by side. */
const PARALLEL = 4;

/** What a run would do if it began now, by the same decisions, and without changing anything anywhere. */
export function createPlanRun(dependencies: ActivityDependencies) {
  return (input: PlanInput): Promise<StageRef> =>
    inShell((shell) => stageAnswer(shell, dependencies, (hiding) => planRun(hiding, dependencies, input)));
}

/** What the streams of one plan have in common. */
export interface PlanWork extends RunWork {
  readonly dependencies: ActivityDependencies;
  readonly source: OpenConnector<AnySource>;
  /** Undefined where the destination cannot be asked without being changed. */
  readonly outlook: Outlook | undefined;
}

async function planRun(shell: Shell, dependencies: ActivityDependencies, input: PlanInput): Promise<PlannedRun> {
  const connection = await dependencies.store.loadConnection(input.connectionId);
  const session = { connectionId: input.connectionId, epoch: 0, feed: 'plan', attempt: shell.attempt };
  const source = await openSource(shell, dependencies, connection.source, session);
  const destination = await openDestination(shell, dependencies, connection.destination, session);
  const work: RunWork = { input: asPrepared(input), connection, destination };
  const outlookOfRun = input.of === 'run' ? lookAhead(work) : undefined;
  const [{ drafts, versions }, outlook] = await Promise.all([readDrafts(dependencies, source, work), outlookOfRun]);
  const planned = drafts.map((draft): Decided => {
    const known = versions.filter(({ stream }) => stream === draft.feed);
    if ('error' in draft) return { draft, schema: null };
    return { draft: decide(draft, known, input.number).draft, schema: outlookOf(draft, known) };
  });
  const all: PlanWork = { ...work, dependencies, source, outlook };
  const streams = await inParallel(planned, PARALLEL, (decided) =>
    input.of === 'run' ? planStream(all, decided) : schemaOnly(all, decided),
  );
  return { streams, notes: notesOf(outlook) };
}

/** As the run's workflow would ask `prepare`, under an epoch that is no run's. */
function asPrepared({ workspaceId, connectionId, number, feeds, streams, refresh, backfill }: PlanInput): PrepareInput {
  const run: RunRef = { workspaceId, connectionId, number, runId: '', epoch: 0, workflowId: '', trigger: 'api' };
  return {
    ...{ run, feeds, startedAt: new Date().toISOString() },
    ...(streams ? { streams } : {}),
    ...(refresh ? { refresh } : {}),
    ...(backfill ? { purpose: { kind: 'backfill', window: backfill, track: `backfill/${number}` } } : {}),
  };
}

async function lookAhead(work: RunWork): Promise<Outlook | undefined> {
  const { connector, context } = work.destination;
  const { run, feeds: states } = work.input;
  const feeds = wantedStreams(work).map((config) => {
    const setTo = setByHand(states[config.name]);
    return { name: config.name, target: targetOfStream(work, config), ...(setTo ? { setTo } : {}) };
  });
  return connector.outlook?.(context, { connectionId: run.connectionId, track: trackOf(work.input), feeds });
}

function notesOf(outlook: Outlook | undefined): readonly string[] {
  if (!outlook) return [];
  return outlook.hasLedger ? [] : ['the first run into this destination creates _millrace, which holds the ledger'];
}

interface Decided {
  readonly draft: FeedDraft;
  readonly schema: SchemaOutlook | null;
}

async function schemaOnly(work: PlanWork, { draft, schema }: Decided): Promise<PlannedStream> {
  return { ...nothingOf(work, draft), schema, error: 'error' in draft ? draft.error : null };
}

async function planStream(work: PlanWork, { draft, schema }: Decided): Promise<PlannedStream> {
  const nothing = { ...nothingOf(work, draft), schema };
  if (!work.outlook) return { ...nothing, notes: ['the destination cannot tell what a run would do'] };
  const placed = placeFeed(work.input, draft, { draft: { track: trackOf(work.input) }, fence: work.outlook });
  const { plan, found, error } = placed;
  if (!plan || error) return { ...nothing, from: found.position, error: error ?? null };
  try {
    return { ...nothing, ...placeOf(placed), ...(await effectsOf(work, plan, found)) };
  } catch (cause) {
    return { ...nothing, ...placeOf(placed), error: streamError(cause) };
  }
}

const placeOf = ({ found }: PlacedFeed): Pick<PlannedStream, 'from' | 'refresh' | 'notes'> => ({
  ...{ from: found.position, refresh: found.refreshing === true, notes: found.notes },
});

type Effects = Pick<PlannedStream, 'to' | 'rows' | 'ddl' | 'publish' | 'notes'>;

async function effectsOf(work: PlanWork, plan: FeedPlan, found: FoundPlace): Promise<Effects> {
  const [estimate, target] = await Promise.all([estimateRows(work, plan, found), planStreamTarget(work, plan, found)]);
  const { rows, to, notes } = estimate;
  const quiet = estimate.nothingNew && !found.refreshing;
  const said = [...found.notes, ...notes, ...(quiet ? nothingNew(target?.statements ?? []) : [])];
  return { to, rows, ddl: quiet ? [] : (target?.statements ?? null), publish: target?.publish ?? null, notes: said };
}

/** A slice without rows is not loaded. */
function nothingNew(waiting: readonly string[]): readonly string[] {
  const then = waiting.length === 0 ? '' : `: ${waiting.join('; ')} waits for the next rows`;
  return [`nothing new, the target is left alone${then}`];
}

function nothingOf(work: PlanWork, { feed, config }: FeedDraft): PlannedStream {
  return {
    ...{ name: feed, mode: config.mode, target: targetOfStream(work, config), cursorField: config.cursorField ?? null },
    ...{ from: work.input.feeds[feed]?.position ?? { kind: 'start' }, to: null, rows: null, refresh: false },
    ...{ schema: null, ddl: null, publish: null, notes: [], error: null },
  };
}
