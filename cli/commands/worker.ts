import type { Command } from 'commander';
import { addPlainCommand } from '../command.js';
import { loadSettings } from '../../platform/config/settings.js';
import { say } from '../output/report.js';
import { requireProduction, requireStage } from '../production.js';
import { type Service, serveUntilStopped } from '../serve.js';

export function addWorker(program: Command): void {
  addPlainCommand(program, 'worker', {
    description: 'Run only a worker. Needs DATABASE_URL, TEMPORAL_ADDRESS, MILLRACE_STAGE_URL and MILLRACE_SECRET_KEY.',
    examples: ['millrace worker --identity worker-1'],
  })
    .option('--identity <name>', 'how Temporal shows this worker')
    .action(async (options: { identity?: string }) => {
      process.exitCode = await serveUntilStopped({ start: () => startWorkerService(options.identity), ready: announce });
    });
}

async function startWorkerService(identity: string | undefined): Promise<Service> {
  const settings = loadSettings(process.env);
  const production = requireProduction(settings);
  const stageUrl = requireStage(settings);
  const { startWorker } = await import('../../worker/main.js');
  const worker = await startWorker({
    ...production,
    stageUrl,
    namespace: settings.temporalNamespace,
    ...(identity !== undefined && { identity }),
  });
  return { failed: worker.failed, stop: () => worker.drain() };
}

function announce(): void {
  say('The worker is ready.');
}
