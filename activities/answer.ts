import { isMillraceError, type MillraceError } from '../platform/errors/error.js';
import { maskSecrets } from '../platform/secrets/mask.js';
import { putAnswer } from '../stage/answers.js';
import type { StageRef } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { failureOf, type Shell } from './shell.js';

/** What stands in the stage: what was asked for, or why it cannot be had. Messages about data hold data, too. */
export type StagedAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: AnswerProblem };

export interface AnswerProblem extends Pick<MillraceError, 'code' | 'message' | 'suggestion' | 'path' | 'stream' | 'facts'> {}

/**
 * Does the work and hands back where its answer stands, so that no row enters a payload, neither as a result nor in the words
 * of a failure. Only what may pass by itself fails the activity.
 */
export async function stageAnswer<T>(
  shell: Shell,
  { stage }: Pick<ActivityDependencies, 'stage'>,
  work: (shell: Shell) => Promise<T>,
): Promise<StageRef> {
  const secrets: string[] = [];
  const hide = (found: readonly string[]): void => {
    secrets.push(...found);
    shell.hide(found);
  };
  try {
    return await putAnswer(stage, { ok: true, value: await work({ ...shell, hide }) } satisfies StagedAnswer<T>);
  } catch (error) {
    if (shell.signal.aborted || (isMillraceError(error) && error.recovery === 'retry')) throw error;
    return putAnswer(stage, { ok: false, problem: problemOf(error, secrets) } satisfies StagedAnswer<T>);
  }
}

function problemOf(error: unknown, secrets: readonly string[]): AnswerProblem {
  const failure = failureOf(error, { secrets });
  const { suggestion, path, stream, facts } = (failure.details?.[0] ?? {}) as Partial<AnswerProblem>;
  const masked = facts && (JSON.parse(maskSecrets(JSON.stringify(facts), secrets)) as Record<string, unknown>);
  return {
    code: failure.type as AnswerProblem['code'],
    message: failure.message,
    suggestion: suggestion ?? '',
    ...(path === undefined ? {} : { path }),
    ...(stream === undefined ? {} : { stream }),
    ...(masked === undefined ? {} : { facts: masked }),
  };
}
