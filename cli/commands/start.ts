import type { Command } from 'commander';
import { addPlainCommand } from '../command.js';
import { loadSettings } from '../../platform/config/settings.js';
import type { RunningStack } from '../embedded/stack.js';
import type { ExitCode } from '../exit-codes.js';
import { say } from '../output/report.js';
import { serveUntilStopped } from '../serve.js';

export function addStart(program: Command): void {
  addPlainCommand(program, 'start', {
    description: 'Run everything on this machine: Postgres, Temporal, API and a worker over one folder (MILLRACE_HOME).',
    examples: ['millrace start', 'MILLRACE_HOME=/srv/millrace MILLRACE_API_PORT=8080 millrace start'],
  }).action(async () => {
    process.exitCode = await start();
  });
}

async function start(): Promise<ExitCode> {
  const settings = loadSettings(process.env);
  const { startStack } = await import('../embedded/stack.js');
  return serveUntilStopped({
    start: () => startStack({ settings, say }),
    ready: announce,
  });
}

function announce({ facts }: RunningStack): void {
  const lines = [
    ['API', facts.apiUrl],
    ['API docs', `${facts.apiUrl}/docs`],
    ['API key', `in ${facts.apiKeyFile}`],
    ['Temporal UI', facts.temporalUiUrl ?? '(set MILLRACE_TEMPORAL_UI_URL)'],
  ];
  say('Millrace is ready. Ctrl-C stops it.');
  for (const [name = '', value] of lines) say(`  ${name.padEnd(12)} ${value}`);
}
