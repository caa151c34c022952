// oxlint-disable-next-line no-control-regex
const COLOURS = /\u001b\[[0-9;]*m/g;
const NAMED = /^[\w.]*(Error|Exception|Failure|panic): ./;
const SPEAKS = /error|fail|invalid|panic/i;
const MAX_CHARACTERS = 300;

/** The line of a tool's output that says why it failed: a named error of Python, else the first that speaks of an error. */
export function firstErrorLine(error: unknown): string {
  const lines = String((error as Error).message ?? error)
    .replaceAll(COLOURS, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(Boolean);
  const found = lines.find((line) => NAMED.test(line)) ?? lines.find((line) => SPEAKS.test(line));
  return (found ?? lines.at(-1) ?? 'no message').trim().slice(0, MAX_CHARACTERS);
}
