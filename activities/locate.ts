import { loadedAs } from '../checkpoint/loaded-as.js';
import { findPlace } from '../checkpoint/place.js';
import { MillraceError } from '../platform/errors/error.js';
import { trackPlace } from './backfill.js';
import type { LocateInput, Place } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { stagePlace } from './place.js';
import { destinationOf, openDestination, requireFeed, sessionOf } from './plan.js';
import { getPlan } from './plan-store.js';
import { type Shell, inShell } from './shell.js';

/** Where the ledger says that a feed stands, after it refused a slice that did not follow. */
export function createLocate(dependencies: ActivityDependencies) {
  return (input: LocateInput): Promise<Place> => inShell((shell) => locate(shell, dependencies, input));
}

async function locate(shell: Shell, dependencies: ActivityDependencies, { run, plan, feed, place }: LocateInput): Promise<Place> {
  const runPlan = await getPlan(dependencies.stage, plan);
  const feedPlan = requireFeed(runPlan, feed);
  const { whole, target } = feedPlan;
  const connection = await dependencies.store.loadEnds(run.connectionId);
  const instance = await destinationOf(dependencies, connection, runPlan);
  const { connector, context } = await openDestination(shell, dependencies, instance, sessionOf(run, feed, shell.attempt));
  const { connectionId, epoch, number } = run;
  const { track } = runPlan;
  const fence = await connector.fence(context, { connectionId, epoch, run: number, track, feeds: [{ name: feed, target }] });
  if (fence.outcome === 'refused')
    throw new MillraceError('load.stale_epoch', {
      detail: `Epoch ${run.epoch} was followed by epoch ${fence.epoch}.`,
      stream: feed,
    });
  const [ledger] = fence.track;
  if (track !== 'live') return stagePlace(dependencies.stage, run, feed, trackPlace(feedPlan, place, ledger));
  const rule = { name: feed, loadedAs: loadedAs(feedPlan), whole, refresh: false, goOn: true, ...ANYWHERE };
  const { boundary: _, ...state } = place;
  const known = { state, ledger, targetMissing: false };
  return stagePlace(dependencies.stage, run, feed, findPlace(rule, known));
}

/** The run has looked at these when it began. */
const ANYWHERE = { onDestinationBehind: 'resume', onTargetMissing: 'stop' } as const;
