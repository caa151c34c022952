import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { addPlainCommand } from '../command.js';
import { type Settings, loadSettings } from '../../platform/config/settings.js';
import type { RunningStack } from '../embedded/stack.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { say } from '../output/report.js';
import { listenForStop } from '../signals.js';

export function addQuickstart(program: Command): void {
  addPlainCommand(program, 'quickstart', {
    description: 'Move real data from files and a database into a warehouse, change it, move the changes, compare. Then stop.',
    examples: ['millrace quickstart', 'millrace quickstart --keep'],
  })
    .option('--keep', 'keep everything in .millrace, so that `start` goes on with it (also when MILLRACE_HOME is set)')
    .action(async (options: { keep?: boolean }) => {
      process.exitCode = await quickstart(options.keep === true || process.env['MILLRACE_HOME'] !== undefined);
    });
}

async function quickstart(keep: boolean): Promise<ExitCode> {
  const begun = performance.now();
  const { requested } = listenForStop();
  const settings = quickstartSettings(keep ? undefined : temporaryHome());
  const playing = play(settings);
  const outcome = await Promise.race([playing, requested]);
  if (typeof outcome === 'number') process.exit(outcome); // servers end and the temporary home goes as the process exits
  say(`\n✓ Done in ${((performance.now() - begun) / 1000).toFixed(0)} s.`);
  say(keep ? `Look around: MILLRACE_HOME=${settings.home} npm start` : 'To look around afterwards: npm run quickstart -- --keep');
  return EXIT.ok;
}

async function play(settings: Settings): Promise<void> {
  say('Starting Postgres, Temporal, the API and a worker …');
  const [{ startStack }, { playQuickstart }] = await Promise.all([
    import('../embedded/stack.js'),
    import('../quickstart/quickstart.js'),
  ]);
  const stack = await startStack({ settings, say });
  try {
    say(`API ${stack.facts.apiUrl} · Temporal UI ${stack.facts.temporalUiUrl ?? '–'}`);
    await Promise.race([playQuickstart(stack), stack.failed]);
  } finally {
    await stopQuietly(stack);
  }
}

async function stopQuietly(stack: RunningStack): Promise<void> {
  say('\nStopping …');
  await stack.stop();
}

/** Its own Postgres always. On a Temporal server of others it keeps to a task queue of its own, unless it is to be kept. */
function quickstartSettings(home: string | undefined): Settings {
  const { DATABASE_URL: _, ...env } = process.env;
  const settings = loadSettings({ MILLRACE_LOG_LEVEL: 'warn', ...env, ...(home !== undefined && { MILLRACE_HOME: home }) });
  const isGuest = settings.temporalAddress !== undefined && home !== undefined;
  return isGuest ? { ...settings, taskQueue: `${settings.taskQueue}-quickstart-${randomBytes(4).toString('hex')}` } : settings;
}

function temporaryHome(): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-quickstart-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }));
  return path;
}
