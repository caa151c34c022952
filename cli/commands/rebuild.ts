import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { loadSettings } from '../../platform/config/settings.js';
import { MillraceError } from '../../platform/errors/error.js';
import { type ApiClient, connectByKey, connectTo } from '../client.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { print, say } from '../output/report.js';
import { formatTable } from '../output/table.js';

const REPORT = z.object({
  connections: z.array(z.object({ name: z.string(), epoch: z.number(), streams: z.number(), paused: z.boolean() })),
  failures: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })),
  schedules: z.number(),
});

const COLUMNS = [
  { title: 'connection' },
  { title: 'streams', align: 'right' },
  { title: 'epoch', align: 'right' },
  { title: 'paused' },
] as const;

export function addRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('Bring back what a lost Temporal database held: cursors from the ledgers in the destinations, and schedules.')
    .action(async () => {
      process.exitCode = await rebuild(await runningApi());
    });
}

async function rebuild(api: ApiClient): Promise<ExitCode> {
  const { connections, failures, schedules } = await api.post('/v1/rebuild', {}, REPORT);
  const rows = connections.map(({ name, epoch, streams, paused }) => [
    name,
    String(streams),
    String(epoch),
    paused ? 'yes' : 'no',
  ]);
  if (rows.length > 0) print(formatTable(COLUMNS, rows));
  say(`Connections that know where they stand: ${connections.length}. Schedules that were put right: ${schedules}.`);
  for (const { name, code, message } of failures) say(`✗ ${name}: ${code}: ${message}`);
  return failures.length === 0 ? EXIT.ok : EXIT.failed;
}

/** The stack that runs over the home, or the API that MILLRACE_URL names. */
async function runningApi(): Promise<ApiClient> {
  const { MILLRACE_URL: url, MILLRACE_API_KEY: key } = process.env;
  if (url !== undefined && key !== undefined) return connectByKey(url, key);
  const file = join(loadSettings(process.env).home, 'stack.json');
  if (existsSync(file)) return connectTo(STACK.parse(JSON.parse(readFileSync(file, 'utf8'))));
  throw new MillraceError('setup.unavailable', {
    detail: 'No stack runs over this home.',
    suggestion: 'Run millrace start, or set MILLRACE_URL and MILLRACE_API_KEY.',
  });
}

const STACK = z.object({ apiUrl: z.string(), apiKeyFile: z.string() });
