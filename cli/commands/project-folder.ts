import type { Command } from 'commander';
import { resolve } from 'node:path';
import { invalid } from '../input.js';
import { projectNameSchema } from '../project/files/file-schemas.js';
import type { PlanOptions } from '../project/make-plan.js';

export interface FolderOptions {
  readonly dir: string;
  readonly updateSecrets?: true;
}

/** What plan and apply have in common. */
export function addFolderOptions(command: Command): Command {
  return command
    .option('--dir <folder>', 'the folder with millrace.yaml', '.')
    .option('--update-secrets', 'also send the values of secrets, of which nobody can say whether they have changed');
}

export function planOptionsOf({ dir, updateSecrets }: FolderOptions): PlanOptions {
  return { folder: resolve(dir), environment: process.env, updateSecrets: updateSecrets === true };
}

/** @throws MillraceError `request.invalid` */
export function requireProjectName(name: string): void {
  const [issue] = projectNameSchema.safeParse(name).error?.issues ?? [];
  if (issue) throw invalid('--name', `A project cannot be named ${name}: ${issue.message}.`);
}
