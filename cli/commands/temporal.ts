import type { Command } from 'commander';
import { addPlainCommand } from '../command.js';
import { print, say } from '../output/report.js';

export function addTemporal(program: Command): void {
  addPlainCommand(program, 'temporal', {
    description: 'Find or get the Temporal server that `start` would run, and print its path.',
    examples: ['millrace temporal'],
  })
    .option('--quiet', 'print nothing but waits')
    .action(async ({ quiet }: { quiet?: boolean }) => {
      const { findTemporal } = await import('../../platform/temporal/find.js');
      const binary = await findTemporal({ env: process.env, say });
      if (!quiet) print(binary);
    });
}
