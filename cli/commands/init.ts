import type { Command } from 'commander';
import { basename, resolve } from 'node:path';
import { ask } from '../ask.js';
import { addCommand, withOutput } from '../command.js';
import { say } from '../output/report.js';
import { slug, writeFiles } from '../project/files/write-files.js';
import { projectTemplate } from '../project/init.js';
import { requireProjectName } from './project-folder.js';

interface InitOptions {
  readonly name?: string;
  readonly sourceConnector?: string;
  readonly destinationConnector?: string;
}

export function addInit(program: Command): void {
  addCommand(program, 'init [folder]', {
    description: 'Write the files of a new project: configuration as code, with one connection to begin with.',
    examples: ['millrace init shop', 'millrace init shop --name shop --source-connector files --destination-connector postgres'],
  })
    .option('--name <name>', 'of the project; asked for on a terminal')
    .option('--source-connector <id>', 'what rows come from; asked for on a terminal')
    .option('--destination-connector <id>', 'what rows go to; asked for on a terminal')
    .action(
      withOutput<[string | undefined], InitOptions>(async ({ args: [given = '.'], options, out }) => {
        const folder = resolve(given);
        const name = options.name ?? (await ask('Name of the project?', slug(basename(folder))));
        const source = options.sourceConnector ?? (await ask('Connector of the source?', 'postgres'));
        const destination = options.destinationConnector ?? (await ask('Connector of the destination?', 'postgres'));
        requireProjectName(name);
        const { files, variables } = projectTemplate({ folder, name, source, destination });
        writeFiles(folder, files, { force: false });
        out.result({ project: name, folder, files: [...files.keys()], variables }, () => [...files.keys()].join('\n'));
        const set = variables.length > 0 ? `Copy .env.example to .env and set ${variables.join(', ')}; then: ` : 'Next: ';
        say(`${set}millrace plan${given === '.' ? '' : ` --dir ${given}`}`);
      }),
    );
}
