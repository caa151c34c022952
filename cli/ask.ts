import { createInterface } from 'node:readline/promises';

/** The answer of a person, or `usual` when it is empty, and where nobody can answer. */
export async function ask(question: string, usual: string): Promise<string> {
  if (!canAsk()) return usual;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(`${question} (${usual}) `)).trim() || usual;
  } finally {
    prompt.close();
  }
}

export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !process.env['CI'];
}
