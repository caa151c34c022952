import type { Millrace } from '../../support/millrace.js';
import { waitFor } from '../../support/wait-for.js';
import type { ConnectionView } from '../../../workflows/messages.js';

/** The connection once no run is active: a run's end is told to people a moment before its connection takes it over. */
export async function idle(millrace: Millrace, connectionId: string): Promise<ConnectionView> {
  return waitFor(
    async () => {
      const { body } = await millrace.call('GET', `/v1/connections/${connectionId}/state`);
      return body.active === null && body.queued.length === 0 ? (body as ConnectionView) : undefined;
    },
    { what: `${connectionId} is idle`, everyMs: 20 },
  );
}
