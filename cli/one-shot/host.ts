import type { Client } from '../../client/index.js';
import { createClient } from '../../client/index.js';
import { loadSettings } from '../../platform/config/settings.js';
import { isMillraceError } from '../../platform/errors/error.js';
import { connectTo, findTarget } from '../api.js';
import { say } from '../output/report.js';

/** Runs with the API that commands talk to, or with a stack over the home that is stopped again when there is none. */
export async function withApiOrOwnStack<T>(context: string | undefined, run: (api: Client) => Promise<T>): Promise<T> {
  const target = targetOrNone(context);
  return target ? run(createClient(target)) : withOwnStack(run);
}

function targetOrNone(context: string | undefined): ReturnType<typeof findTarget> | undefined {
  try {
    return findTarget(process.env, context);
  } catch (error) {
    if (isMillraceError(error, 'setup.unavailable') && context === undefined) return undefined;
    throw error;
  }
}

async function withOwnStack<T>(run: (api: Client) => Promise<T>): Promise<T> {
  say('No stack runs over this home: starting Postgres, Temporal, the API and a worker for this …');
  const { startStack } = await import('../embedded/stack.js');
  const stack = await startStack({ settings: loadSettings({ MILLRACE_LOG_LEVEL: 'warn', ...process.env }), say });
  try {
    return await Promise.race([run(await connectTo(stack.facts)), stack.failed]);
  } finally {
    await stack.stop();
  }
}
