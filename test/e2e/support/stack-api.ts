import type { RunRecord, StreamRecord } from '../../../platform/db/store.js';
import type { StackProcess } from '../../support/millrace-process.js';
import type { TestDatabase } from '../../support/servers.js';
import { waitFor } from '../../support/wait-for.js';

export type EndedRun = RunRecord & { readonly streams: readonly StreamRecord[] };

/** The API of a whole stack in a process of its own. */
export interface StackApi {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  patch<T>(path: string, body: object): Promise<T>;
  /** @returns the id of a connection between the two databases */
  connect(
    streams: readonly object[],
    ends: { readonly source: TestDatabase; readonly destination: TestDatabase },
    more?: object,
  ): Promise<string>;
  ended(runId: string): Promise<EndedRun>;
}

export function stackApi({ facts, apiKey }: StackProcess): StackApi {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(`${facts.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'if-match': '*',
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const made = async (path: string, body: object): Promise<string> => (await call<{ id: string }>('POST', path, body)).id;
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    patch: (path, body) => call('PATCH', path, body),
    connect: async (streams, { source, destination }, more = {}) => {
      const name = `c${Math.random().toString(36).slice(2)}`;
      const sourceId = await made('/v1/sources', { name, connector: 'postgres', config: { url: source.url } });
      const destinationId = await made('/v1/destinations', { name, connector: 'postgres', config: { url: destination.url } });
      return made('/v1/connections', { name, sourceId, destinationId, streams, ...more });
    },
    ended: (runId) =>
      waitFor(
        async () => {
          const run = await call<EndedRun>('GET', `/v1/runs/${runId}?wait=10s`);
          return run.endedAt ? run : undefined;
        },
        { what: `run ${runId} has ended`, timeoutMs: 90_000 },
      ),
  };
}
