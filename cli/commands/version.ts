import type { Command } from 'commander';
import { millraceVersion } from '../../platform/config/version.js';
import { addCommand, withOutput } from '../command.js';

export function addVersion(program: Command): void {
  const help = { description: 'Print the version.', examples: ['millrace version', 'millrace version --json'] };
  addCommand(program, 'version', help).action(
    withOutput<[]>(async ({ out }) => {
      const version = millraceVersion();
      out.result({ version, node: process.version }, () => version);
    }),
  );
}
