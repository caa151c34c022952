import { errorText } from '../platform/errors/error.js';
import { connectionFolder, runFolder } from '../stage/layout.js';
import type { FinishInput, RunRef, StageRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { addressOf } from './place.js';
import { listRejects } from './rejects.js';
import { inStep, sayFinished } from './run-log.js';
import { keepRun, keptSince } from './staged-run.js';

/** Writes the run's outcome where people look, and gives back the room that its staged files took. */
export function createFinish(dependencies: ActivityDependencies) {
  return (input: FinishInput): Promise<void> =>
    inStep(dependencies, { run: input.run, step: 'finish' }, async (shell, say) => {
      if (shell.attempt === 1) sayFinished(say, input);
      await dependencies.store.flushLogs(); // who sees the end finds what led to it
      await finish(dependencies, input);
    });
}

async function finish(dependencies: ActivityDependencies, input: FinishInput): Promise<void> {
  const { store } = dependencies;
  const { runId, workspaceId, connectionId, number, trigger, workflowId } = input.run;
  const { status, startedAt, error, clean, keepStagedMs = 0 } = input;
  const endedAt = new Date().toISOString();
  const staged = await keepDocument(dependencies, input, { endedAt, keep: keepStagedMs > 0 || !clean });
  await listRejects(dependencies, input.run, input.streams);
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
    endedAt,
    error,
    ...(staged ? { staged } : {}),
  });
  if (clean) await removeStagedRuns(dependencies.stage, input.run, keepStagedMs);
}

async function keepDocument(
  { stage, log }: ActivityDependencies,
  { run, plan, pending }: FinishInput,
  { endedAt, keep }: { readonly endedAt: string; readonly keep: boolean },
): Promise<StageRef | undefined> {
  if (!keep || !plan) return undefined;
  return keepRun(stage, run, { plan, endedAt, pending }).catch((error: unknown) => {
    log.warn('cannot keep what is staged', { run: run.runId, cause: errorText(error) });
    return undefined; // the outcome must be told all the same; a retry then reads the source again
  });
}

/** Everything is loaded: files of this run and of earlier ones can go, but for those that are kept a while. */
async function removeStagedRuns(stage: ActivityDependencies['stage'], run: RunRef, keepMs: number): Promise<void> {
  for (const name of await stage.list(connectionFolder(addressOf(run)))) {
    if (!(Number(name) <= run.number)) continue;
    const folder = runFolder({ ...addressOf(run), run: Number(name) });
    if (keepMs > 0 && (await keptSince(stage, folder)) > Date.now() - keepMs) continue;
    await stage.remove(folder);
  }
}
