import type { CheckResult } from '../connectors/sdk/types.js';
import type { Catalog } from '../schema/types.js';
import type { ProbeInput } from '../workflows/messages.js';
import type { ActivityDependencies } from './dependencies.js';
import { openDestination, openSource } from './plan.js';
import { inShell } from './shell.js';

/** Proves that a source or destination can be used. */
export function createCheck(dependencies: ActivityDependencies) {
  return (input: ProbeInput): Promise<CheckResult> =>
    inShell(async (shell) => {
      const instance = await dependencies.store.loadConnector(input.kind, input.resourceId);
      const open = input.kind === 'source' ? openSource : openDestination;
      const { connector, context } = await open(shell, dependencies, instance, probeSession(input, shell.attempt));
      return connector.check(context);
    });
}

export function createDiscover(dependencies: ActivityDependencies) {
  return (input: ProbeInput): Promise<Catalog> =>
    inShell(async (shell) => {
      const instance = await dependencies.store.loadConnector('source', input.resourceId);
      const { connector, context } = await openSource(shell, dependencies, instance, probeSession(input, shell.attempt));
      return connector.discover(context);
    });
}

const probeSession = (input: ProbeInput, attempt: number) => ({
  connectionId: input.resourceId,
  epoch: 0,
  feed: 'probe',
  attempt,
});
