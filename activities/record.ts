import type { RecordStreamsInput, StateChangeInput } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { listRejects } from './rejects.js';
import { inShell } from './shell.js';

/** Streams of a run that is still going on. */
export function createRecordStreams(dependencies: ActivityDependencies) {
  return ({ run, streams }: RecordStreamsInput): Promise<void> =>
    inShell(async () => {
      await listRejects(dependencies, run, streams);
      await dependencies.store.recordStreams(run.runId, streams);
    });
}

/** The journal of explicit changes of position: by it they can be undone, and survive the loss of the workflow. */
export function createRecordStateChange({ store }: ActivityDependencies) {
  return ({ connectionId, change }: StateChangeInput): Promise<void> =>
    inShell(() => store.recordStateChange(connectionId, change));
}
