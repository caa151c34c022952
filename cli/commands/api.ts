import type { Command } from 'commander';
import { addPlainCommand } from '../command.js';
import { loadSettings } from '../../platform/config/settings.js';
import { say } from '../output/report.js';
import { requireProduction } from '../production.js';
import { type Service, serveUntilStopped } from '../serve.js';

interface ApiService extends Service {
  readonly url: string;
}

export function addApi(program: Command): void {
  addPlainCommand(program, 'api', {
    description: 'Run only the API. Needs DATABASE_URL, TEMPORAL_ADDRESS and MILLRACE_SECRET_KEY.',
    examples: ['DATABASE_URL=… TEMPORAL_ADDRESS=… MILLRACE_SECRET_KEY=… millrace api'],
  })
    .option('--key-file <path>', 'write an admin API key to this file when it holds none that works')
    .action(async (options: { keyFile?: string }) => {
      process.exitCode = await serveUntilStopped<ApiService>({ start: () => startApiService(options.keyFile), ready: announce });
    });
}

async function startApiService(keyFile: string | undefined): Promise<ApiService> {
  const production = requireProduction(loadSettings(process.env));
  const [{ startApi }, { ensureAdminKey }] = await Promise.all([
    import('../../api/server.js'),
    import('../../api/bootstrap-key.js'),
  ]);
  if (keyFile !== undefined) await ensureAdminKey(production.databaseUrl, keyFile);
  const { temporalUiUrl, stageUrl, apiPort, apiHost } = production.settings;
  const api = await startApi({
    ...production,
    ...(temporalUiUrl !== undefined && { temporalUiUrl }),
    ...(stageUrl !== undefined && { stageUrl }),
    port: apiPort,
    host: apiHost,
  });
  return { url: api.url, failed: new Promise<never>(() => undefined), stop: () => api.close() };
}

function announce({ url }: ApiService): void {
  say(`The API is ready at ${url}`);
}
