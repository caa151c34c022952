import { createInterface } from 'node:readline/promises';
import { MillraceError } from '../platform/errors/error.js';
import { canAsk } from './ask.js';

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
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await prompt.question(`${what}\nType ${name} to go on: `);
    if (typed.trim() !== name) throw refusal('The name was not typed; nothing was changed.', 'Type it exactly, or add --yes.');
  } finally {
    prompt.close();
  }
}

function refusal(detail: string, suggestion: string): MillraceError {
  return new MillraceError('request.invalid', { detail, path: '--yes', suggestion });
}
