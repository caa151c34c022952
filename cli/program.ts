/**
 * The tree of commands, one file a command or noun in `commands/`.
 * @module
 */
import { Command } from 'commander';
import { addApi } from './commands/api.js';
import { addApply } from './commands/apply.js';
import { addCompletion } from './commands/completion.js';
import { addConnections } from './commands/connections.js';
import { addConnector } from './commands/connector.js';
import { addConnectors } from './commands/connectors.js';
import { addContext } from './commands/context.js';
import { addCopy } from './commands/copy.js';
import { addDiscover } from './commands/discover.js';
import { addDoctor } from './commands/doctor.js';
import { addExport } from './commands/export.js';
import { addInit } from './commands/init.js';
import { addKeys } from './commands/keys.js';
import { addLoad } from './commands/load.js';
import { addPlan } from './commands/plan.js';
import { addPreview } from './commands/preview.js';
import { addQuery } from './commands/query.js';
import { addQuickstart } from './commands/quickstart.js';
import { addRebuild } from './commands/rebuild.js';
import { addRejects } from './commands/rejects.js';
import { addRuns } from './commands/runs.js';
import { addSchema } from './commands/schema.js';
import { addSecrets } from './commands/secrets.js';
import { addStart } from './commands/start.js';
import { addState } from './commands/state.js';
import { addSync } from './commands/sync.js';
import { addSystems } from './commands/systems.js';
import { addTemporal } from './commands/temporal.js';
import { addTransform } from './commands/transform.js';
import { addVerify } from './commands/verify.js';
import { addVersion } from './commands/version.js';
import { addWorker } from './commands/worker.js';
import { addWorkspaces } from './commands/workspaces.js';
import { millraceVersion } from '../platform/config/version.js';

type Add = (program: Command) => void;

const GROUPS: readonly (readonly [string, readonly Add[]])[] = [
  ['Run Millrace:', [addStart, addQuickstart, addApi, addWorker, addTemporal]],
  [
    'Set up:',
    [
      addConnectors,
      addConnector,
      (program) => addSystems(program, 'source'),
      (program) => addSystems(program, 'destination'),
      addDiscover,
      addPreview,
      addQuery,
      addTransform,
      addConnections,
    ],
  ],
  ['Configuration as code:', [addInit, addPlan, addApply, addExport]],
  ['Move rows:', [addSync, addCopy, addLoad, addRuns, addRejects, addState, addSchema, addVerify]],
  ['Look after it:', [addDoctor, addKeys, addSecrets, addWorkspaces, addContext, addRebuild, addCompletion, addVersion]],
];

export function createProgram(): Command {
  const program = new Command('millrace')
    .description('Durable ELT: every sync is a Temporal workflow.')
    .version(millraceVersion())
    .exitOverride()
    .configureHelp({ helpWidth: 100 })
    .configureOutput({ outputError: () => undefined }) // main.ts prints what is wrong, in the format that was asked for
    .showSuggestionAfterError();
  for (const [title, adds] of GROUPS) {
    program.commandsGroup(title);
    for (const add of adds) add(program);
  }
  return program;
}
