/**
 * A typed client of the REST API: one method for each operation of the OpenAPI document, no dependencies.
 *
 * @example
 * const api = createClient({ url: 'http://127.0.0.1:7070', apiKey: process.env.MILLRACE_API_KEY });
 * const run = await api.requestSync({ id: 'con_…', wait: '60s', idempotencyKey: crypto.randomUUID() });
 * for await (const source of every(api.listSources, {})) console.log(source.name);
 * @module
 */
import { type Operations, ROUTES } from './generated/operations.js';
import { type Transport, send } from './transport.js';

export { ApiError, type ApiFieldError } from './error.js';
export type * from './generated/schemas.js';
export type { Operations } from './generated/operations.js';

export type OperationId = keyof Operations;
export type Input<Id extends OperationId> = Operations[Id]['input'];
export type Answer<Id extends OperationId> = Operations[Id]['answer'];

type Method<Id extends OperationId> = Operations[Id]['inputRequired'] extends true
  ? (input: Input<Id>, options?: CallOptions) => Promise<Answer<Id>>
  : (input?: Input<Id>, options?: CallOptions) => Promise<Answer<Id>>;

/**
 * Parameters of path, query and headers (`idempotencyKey`, `ifMatch`) stand side by side in the input; the body is `body`.
 * Every method throws {@link ApiError}.
 */
export type Client = { readonly [Id in OperationId]: Method<Id> };

export interface ClientOptions {
  /** Where the API is, without `/v1`. */
  readonly url: string;
  readonly apiKey?: string;
  /**
   * How often a request is sent again after a lost connection or 503: only GET, and what carries an Idempotency-Key.
   * Default 3, with growing pauses or the API's own Retry-After.
   */
  readonly retries?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Is given the headers of an answer that succeeded, for its ETag or Location. */
  readonly onHeaders?: (headers: Headers) => void;
}

const RETRIES = 3;

export function createClient({ url, apiKey, retries = RETRIES }: ClientOptions): Client {
  const transport: Transport = { origin: url.replace(/\/+$/, ''), apiKey, retries };
  const methods = Object.entries(ROUTES).map(([id, route]) => [
    id,
    (input: Readonly<Record<string, unknown>> = {}, { signal, onHeaders }: CallOptions = {}) =>
      send(transport, route, { input, signal, onHeaders }),
  ]);
  return Object.fromEntries(methods) as Client;
}

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly page: { readonly next: string | null };
}

/** Goes through all pages of a list. */
export async function* every<Item, In extends object>(
  list: (input: In & { readonly after?: string }) => Promise<Page<Item>>,
  input: In,
): AsyncGenerator<Item, void, undefined> {
  for (let after: string | null | undefined; after !== null;) {
    const { data, page }: Page<Item> = await list(after === undefined ? input : { ...input, after });
    yield* data;
    after = page.next;
  }
}
