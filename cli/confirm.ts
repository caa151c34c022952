import { MillraceError } from '../platform/errors/error.js';
import { answerTo, canAsk } from './ask.js';

export interface Confirmation {
  /** What is going to happen, for people. */
  readonly what: string;
  /** To be typed. */
  readonly name: string;
  readonly yes: boolean;
}

/**
 * Lets a destructive command go on with `--yes`, or on a terminal when the name is typed.
 * @throws MillraceError `request.invalid` otherwise; it never asks where nobody can answer
 */
export async function confirm({ what, name, yes }: Confirmation): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw refusal(`${what} This needs --yes.`, 'Add --yes.');
  const typed = await answerTo(`${what}\nType ${name} to go on: `);
  if (typed !== name) throw refusal('The name was not typed; nothing was changed.', 'Type it exactly, or add --yes.');
}

function refusal(detail: string, suggestion: string): MillraceError {
  return new MillraceError('request.invalid', { detail, path: '--yes', suggestion });
}
