import type { Command } from 'commander';
import { resolve } from 'node:path';
import { type Call, addApiCommand, withApi } from '../command.js';
import { collect } from '../input.js';
import { findConnection } from '../names/resolve.js';
import { say } from '../output/report.js';
import { readExisting } from '../project/existing.js';
import { exportFiles, selectExisting } from '../project/export.js';
import { writeFiles } from '../project/files/write-files.js';
import { requireProjectName } from './project-folder.js';

interface ExportOptions {
  readonly to: string;
  readonly name?: string;
  readonly project?: string;
  readonly connection?: readonly string[];
  readonly force?: true;
}

export function addExport(program: Command): void {
  addApiCommand(program, 'export', {
    description: 'Write what is there as the files of a project. Secrets become variables; references stay.',
    examples: ['millrace export --to shop', 'millrace export --to shop --connection "crm to warehouse"'],
  })
    .option('--to <folder>', 'where the files go', '.')
    .option('--name <name>', 'name of the project; the one that what is there is marked with, or the folder')
    .option('--project <name>', 'only what this project has made')
    .option('--connection <name>', 'only this connection with its ends; several times', collect)
    .option('--force', 'replace files that are there')
    .action(withApi<[], ExportOptions>(write));
}

async function write({ api, options, out }: Call<[], ExportOptions>): Promise<void> {
  if (options.name !== undefined) requireProjectName(options.name);
  const ids = options.connection && (await Promise.all(options.connection.map((name) => findConnection(api, name))));
  const selection = {
    ...(options.project !== undefined && { project: options.project }),
    ...(ids && { ids: ids.map(({ id }) => id) }),
  };
  const all = await readExisting(api);
  const existing = selectExisting(all, selection);
  const folder = resolve(options.to);
  const { project, files, variables, warnings } = exportFiles(existing, {
    folder,
    names: new Map(all.systems.map((system) => [system.id, system.name])),
    ...(options.name !== undefined && { name: options.name }),
  });
  writeFiles(folder, files, { force: options.force === true });
  out.result({ project, folder, files: [...files.keys()], variables }, () => [...files.keys()].join('\n'));
  for (const warning of warnings) say(`! ${warning}`);
  if (ids) say('! These files are only a part: applied as the project that made them, they delete the rest of it.');
  if (variables.length > 0) say(`Set ${variables.join(', ')}: .env.example says what they are.`);
  say(`Next: millrace plan --dir ${options.to}`);
}
