import { NEVER_READ } from '../checkpoint/never-read.js';
import type { LedgerPosition, Standing } from '../connectors/sdk/destination.js';
import type { FeedState, StateChange } from '../workflows/messages.js';
import type { RecoverInput, Recovered } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { openDestination } from './plan.js';
import { type Shell, inShell } from './shell.js';

/** As many as workflows/policies.ts allows. */
const ATTEMPTS = 2;
const NOWHERE: Standing = { epoch: 0, ledger: [] };
/** More changes than anybody makes between two runs. */
const CHANGES = 1_000;

/**
 * Where a connection stands whose workflow was lost: what was loaded by the destination's ledger, what was set by hand and
 * not loaded yet by the journal in the metadata, whichever has the higher lineage.
 */
export function createRecover(dependencies: ActivityDependencies) {
  return (input: RecoverInput): Promise<Recovered> => inShell((shell) => recover(shell, dependencies, input));
}

async function recover(shell: Shell, dependencies: ActivityDependencies, { connectionId }: RecoverInput): Promise<Recovered> {
  const { store } = dependencies;
  const connection = await store.loadConnection(connectionId);
  const session = { connectionId, epoch: 0, feed: 'recover', attempt: shell.attempt };
  const { connector, context } = await openDestination(shell, dependencies, connection.destination, session);
  const { epoch, ledger } = await connector.standing(context, connectionId).catch((error: unknown) => {
    if (shell.attempt < ATTEMPTS) throw error;
    return NOWHERE; // pauses and changes count all the same; the next run takes the rest from the ledger
  });
  const changes = await store.stateChanges(connectionId, CHANGES);
  await store.endLostRuns(connectionId);
  const { paused, tripped } = connection;
  return {
    epoch,
    revision: changes[0]?.revision ?? 0,
    paused,
    pauseNote: paused ? 'it was paused before its workflow was lost' : null,
    tripped,
    feeds: recoverFeeds(ledger, changes),
  };
}

/** `changes` come newest first. */
export function recoverFeeds(
  ledger: readonly LedgerPosition[],
  changes: readonly Pick<StateChange, 'feeds'>[],
): Record<string, FeedState> {
  const feeds = Object.fromEntries(ledger.map((row) => [row.feed, feedOf(row)]));
  for (const change of changes.toReversed()) {
    for (const [feed, { after }] of Object.entries(change.feeds)) {
      const held = feeds[feed];
      if (!held || after.lineage > held.lineage) feeds[feed] = after;
      else if (after.lineage === held.lineage) feeds[feed] = { ...held, generation: after.generation };
    }
  }
  return feeds;
}

function feedOf({ lineage, seq, position, shadow }: LedgerPosition): FeedState {
  const { generation } = NEVER_READ;
  const refreshing = shadow && position.kind === 'scan' && position.scan.upper !== undefined;
  return { lineage, generation, seq, position, ...(refreshing ? { refreshing: true } : {}) };
}
