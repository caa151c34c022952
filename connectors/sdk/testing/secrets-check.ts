import type { ConformanceCheck } from './check.js';
import { CheckFault } from './report.js';

interface Heard {
  readonly said: readonly string[];
  secrets(): readonly string[];
  hidden(text: string): string;
}

/** The last one: it looks through all that was said before. */
export const secretsCheck: ConformanceCheck<Heard> = {
  name: 'secrets',
  title: 'no secret stands in a log line, fact or error',
  needs: ['definition'],
  run: checkSecrets,
};

async function checkSecrets(session: Heard): Promise<string> {
  const secrets = session.secrets();
  const leaked = session.said.find((text) => secrets.some((secret) => secret !== '' && text.includes(secret)));
  if (leaked !== undefined)
    throw new CheckFault(
      `A secret stands in what the connector said: ${session.hidden(leaked).slice(0, 200)}`,
      'Leave configuration and URLs with passwords out of messages.',
    );
  return `${secrets.length} secrets, ${session.said.length} messages`;
}
