import { ApiError, errorOf, unreachable } from './error.js';

export interface Transport {
  readonly origin: string;
  readonly apiKey: string | undefined;
  readonly retries: number;
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly headers: readonly string[];
  /** The answer is a file, not JSON. */
  readonly file: boolean;
  /** So is the body, and it is sent once: it may be a stream. */
  readonly takesFile?: true;
}

export interface Call {
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Sends a request, again where that cannot do harm. @throws ApiError */
export async function send(transport: Transport, route: Route, call: Call): Promise<unknown> {
  const request = requestOf(transport, route, call);
  const retries = mayRepeat(route, call) ? transport.retries : 0;
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await sendOnce(request, route);
    if (!(outcome instanceof Failed)) return outcome;
    if (!outcome.passing || attempt >= retries || call.signal?.aborted) throw outcome.error;
    await pause(Math.min(outcome.afterMs ?? FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS), call.signal);
  }
}

class Failed {
  constructor(
    readonly error: unknown,
    readonly passing: boolean,
    readonly afterMs?: number,
  ) {}
}

async function sendOnce(request: Request, { file, takesFile }: Route): Promise<unknown> {
  try {
    const response = await fetch(takesFile ? request : request.clone());
    if (response.ok && file) return response.body;
    const text = await response.text();
    const body = parseJson(text);
    if (response.ok && (body !== undefined || text === '')) return body;
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new Failed(errorOf(response, body), response.status === 503, Number.isNaN(seconds) ? undefined : seconds * 1_000);
  } catch (cause) {
    if (request.signal.aborted) return new Failed(cause, false);
    return new Failed(cause instanceof ApiError ? cause : unreachable(request.url, cause), true);
  }
}

function mayRepeat({ method }: Route, { input }: Call): boolean {
  return method === 'GET' || input['idempotencyKey'] !== undefined;
}

function requestOf({ origin, apiKey }: Transport, route: Route, { input, signal }: Call): Request {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const url = new URL(`${origin}${path}`);
  for (const name of route.query) if (input[name] !== undefined) url.searchParams.set(name, String(input[name]));
  const headers = new Headers(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` });
  for (const name of route.headers) {
    const value = input[`${name[0]?.toLowerCase()}${name.slice(1).replaceAll('-', '')}`];
    if (value !== undefined) headers.set(name, String(value));
  }
  const body = bodyOf(route, input['body']);
  if (body !== undefined) headers.set('content-type', route.takesFile ? 'application/octet-stream' : 'application/json');
  const init = { method: route.method, headers, ...(body !== undefined && { body }), ...(signal && { signal }) };
  return new Request(url, route.takesFile ? { ...init, duplex: 'half' } : init);
}

function bodyOf({ takesFile }: Route, body: unknown): RequestInit['body'] {
  if (body === undefined) return undefined;
  return takesFile ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body);
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
