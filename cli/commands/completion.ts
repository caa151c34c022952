import { Argument, type Command } from 'commander';
import { createClient } from '../../client/index.js';
import { findTarget } from '../api.js';
import { addPlainCommand } from '../command.js';
import { candidatesFor } from '../completion/candidates.js';
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.js';
import { print } from '../output/report.js';

export function addCompletion(program: Command): void {
  addPlainCommand(program, 'completion', {
    description: 'Print a script that completes commands, flags, and names of what is there.',
    examples: [
      'eval "$(millrace completion bash)"     # in ~/.bashrc',
      'eval "$(millrace completion zsh)"      # in ~/.zshrc, after compinit',
      'millrace completion fish | source      # in ~/.config/fish/config.fish',
    ],
  })
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => print(SCRIPTS[shell].trimEnd()));
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const connect = () => createClient({ ...findTarget(process.env, undefined), retries: 0 });
      for (const candidate of await candidatesFor(program, words, connect)) print(candidate);
    });
}
