import type { LocateInput, Place } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { MillraceError } from '../platform/errors/error.js';
import { isFullRefresh, openDestination, requireFeed, sessionOf } from './plan.js';
import { getPlan } from './plan-store.js';
import { placeOf } from './place.js';
import { type Shell, inShell } from './shell.js';

/** Where the ledger says that a feed stands, after it refused a slice that did not follow. */
export function createLocate(dependencies: ActivityDependencies) {
  return (input: LocateInput): Promise<Place> => inShell((shell) => locate(shell, dependencies, input));
}

async function locate(shell: Shell, dependencies: ActivityDependencies, { run, plan, feed, place }: LocateInput): Promise<Place> {
  const runPlan = await getPlan(dependencies.stage, plan);
  const fullRefresh = isFullRefresh(requireFeed(runPlan, feed).mode);
  const connection = await dependencies.store.loadConnection(run.connectionId, runPlan.connectionVersion);
  const { connector, context } = openDestination(
    shell,
    dependencies,
    connection.destination,
    sessionOf(run, feed, shell.attempt),
  );
  const fence = await connector.fence(context, {
    connectionId: run.connectionId,
    epoch: run.epoch,
    run: run.number,
    feeds: [feed],
  });
  if (fence.outcome === 'refused')
    throw new MillraceError('load.stale_epoch', {
      detail: `Epoch ${run.epoch} was followed by epoch ${fence.epoch}.`,
      stream: feed,
    });
  return placeOf(dependencies.stage, run, { name: feed, fullRefresh }, { state: place, ledger: fence.ledger[0] });
}
