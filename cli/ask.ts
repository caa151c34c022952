import { createInterface } from 'node:readline/promises';
import { EXIT } from './exit-codes.js';
import { say } from './output/report.js';

/** The answer of a person, or `usual` when it is empty, and where nobody can answer. */
export async function ask(question: string, usual: string): Promise<string> {
  if (!canAsk()) return usual;
  return (await answerTo(`${question} (${usual}) `)) || usual;
}

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !process.env['CI'];
}

/** What a person types. Ctrl-C and Ctrl-D end the process: questions come before anything is done. */
export async function answerTo(question: string): Promise<string> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(question)).trim();
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    say('\nNothing was changed.');
    process.exit(EXIT.interrupted);
  } finally {
    prompt.close();
  }
}
