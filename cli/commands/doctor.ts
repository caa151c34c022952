import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { createClient } from '../../client/index.js';
import { type Settings, loadSettings } from '../../platform/config/settings.js';
import { errorText, isMillraceError } from '../../platform/errors/error.js';
import { redactText } from '../../platform/logger/redact.js';
import { findTarget } from '../api.js';
import { addCommand, withOutput } from '../command.js';
import { type Check, type Finding, warn } from '../doctor/check.js';
import { stageCheck } from '../doctor/stage.js';
import { EXIT } from '../exit-codes.js';
import { say } from '../output/report.js';
import { type Style, styleFor } from '../output/style.js';

const STACK = z.object({ databaseUrl: z.string(), temporalAddress: z.string() });
type Stack = z.infer<typeof STACK>;

export function addDoctor(program: Command): void {
  addCommand(program, 'doctor', {
    description: 'Look at everything Millrace needs, and say what to do. Exits 3 when something fails.',
    examples: ['millrace doctor', 'millrace doctor --offline', 'millrace doctor --json'],
  })
    .option('--offline', 'only what can be looked at while nothing runs')
    .option('--context <name>', 'look at this API of `millrace context list`')
    .action(
      withOutput<[], { offline?: true; context?: string }>(async ({ options, out }) => {
        const findings = await examine(await checksFor(options.offline === true, options.context));
        const failed = findings.filter(({ status }) => status === 'fail').length;
        const style = styleFor(process.stdout, process.env);
        out.list({ items: findings, hasMore: false }, (items) => items.map((item) => textOf(item, style)).join('\n'));
        if (failed === 0) return EXIT.ok;
        say(`${failed === 1 ? '1 check fails' : `${failed} checks fail`}.`);
        return EXIT.environment;
      }),
    );
}

/** One after the other, so that a check never times out because of others. */
async function examine(checks: readonly Check[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, run } of checks) {
    const result = await run().catch((error: unknown) => ({
      status: 'fail' as const,
      detail: errorText(error),
      fix: isMillraceError(error) ? error.suggestion : 'See detail.',
    }));
    findings.push({ name, ...result, detail: redactText(result.detail) });
  }
  return findings;
}

async function checksFor(offlineOnly: boolean, context: string | undefined): Promise<readonly Check[]> {
  let settings: Settings;
  try {
    settings = loadSettings(process.env);
  } catch (error) {
    return [{ name: 'settings', run: () => Promise.reject(error) }]; // nothing else can be known
  }
  const stack = readStack(settings.home);
  const { offlineChecks } = await import('../doctor/offline.js');
  const offline = offlineChecks(settings, process.env, stack !== undefined);
  return offlineOnly ? offline : [...offline, ...(await onlineChecks(settings, stack, context))];
}

function readStack(home: string): Stack | undefined {
  const file = join(home, 'stack.json');
  return existsSync(file) ? STACK.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data : undefined;
}

async function onlineChecks(settings: Settings, stack: Stack | undefined, context?: string): Promise<readonly Check[]> {
  const { apiChecks, serverChecks } = await import('../doctor/online.js');
  const servers = serverChecks({
    databaseUrl: settings.databaseUrl ?? stack?.databaseUrl,
    temporalAddress: settings.temporalAddress ?? stack?.temporalAddress,
    namespace: settings.temporalNamespace,
    taskQueue: settings.taskQueue,
  });
  const stage = settings.stageUrl === undefined ? [] : [stageCheck(settings.stageUrl, settings.home)];
  return [...servers, ...stage, ...apiOf(context, apiChecks)];
}

/** That no stack runs is no fault; that the API somebody named cannot be found is one. */
function apiOf(context: string | undefined, apiChecks: typeof import('../doctor/online.js').apiChecks): readonly Check[] {
  try {
    const target = findTarget(process.env, context);
    return apiChecks(createClient({ ...target, retries: 0 }), target.url);
  } catch (error) {
    if (!isMillraceError(error, 'setup.unavailable')) return [{ name: 'API', run: () => Promise.reject(error) }];
    return [{ name: 'API', run: async () => warn(error.message, error.suggestion) }];
  }
}

const MARKS = { pass: '✓', warn: '!', fail: '✗' } as const;

function textOf({ name, status, detail, fix }: Finding, { good, bad, warn: amber }: Style): string {
  const paint = { pass: good, warn: amber, fail: bad }[status];
  return `${paint(MARKS[status])} ${name.padEnd(18)} ${detail}${fix === undefined ? '' : `\n${' '.repeat(21)}→ ${fix}`}`;
}
