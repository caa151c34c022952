import { connectionFolder, runFolder } from '../stage/layout.js';
import type { FinishInput, RunRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { addressOf } from './place.js';
import { type Shell, inShell } from './shell.js';

/** Writes the run's outcome where people look, and gives back the room that its staged files took. */
export function createFinish(dependencies: ActivityDependencies) {
  return (input: FinishInput): Promise<void> => inShell((shell) => finish(shell, dependencies, input));
}

async function finish(_shell: Shell, { store, stage }: ActivityDependencies, input: FinishInput): Promise<void> {
  const { runId, workspaceId, connectionId, number, trigger, workflowId } = input.run;
  const { status, startedAt, error } = input;
  await store.recordStreams(runId, input.streams);
  await store.recordRun({
    id: runId,
    workspaceId,
    connectionId,
    number,
    trigger,
    workflowId,
    status,
    startedAt,
    endedAt: new Date().toISOString(),
    error,
  });
  if (input.clean) await removeStagedRuns(stage, input.run);
}

/** Everything is loaded: this run's files and those that earlier, failed runs left can go. */
async function removeStagedRuns(stage: ActivityDependencies['stage'], run: RunRef): Promise<void> {
  for (const name of await stage.list(connectionFolder(addressOf(run)))) {
    if (Number(name) <= run.number) await stage.remove(runFolder({ ...addressOf(run), run: Number(name) }));
  }
}
