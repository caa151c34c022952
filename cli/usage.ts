import type { CommanderError } from 'commander';
import { MillraceError } from '../platform/errors/error.js';

/** What commander says about arguments, as an error like every other. */
export function usageError(error: CommanderError): MillraceError {
  const [first = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  const hint = more.map((line) => line.replace(/^\((.*)\)$/, '$1')).find((line) => line.startsWith('Did you mean'));
  return new MillraceError('request.invalid', {
    detail: sentence(first),
    suggestion: hint ?? 'See what there is: add --help.',
  });
}

function sentence(text: string): string {
  const capital = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.?!]$/.test(capital) ? capital : `${capital}.`;
}
