import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export interface CallOptions {
  readonly body?: object;
  readonly idempotencyKey?: string;
}

/** The REST API as a patient client uses it: what has no answer, or one that says "later", is asked again. */
export interface ApiClient {
  call<T>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>;
  /** How often each status came, and 0 for no answer at all. */
  readonly answers: Readonly<Record<number, number>>;
  /** Requests whose answer says that the fault is Millrace's own, which no fault of the plan excuses, with their number. */
  readonly internalErrors: ReadonlyMap<string, number>;
}

const PATIENCE_MS = 180_000;
const ANSWER_MS = 40_000;
const AGAIN_MS = 200;
const IDS = /[a-z]{3}_[0-9a-z]+/g;
const LATER = new Set([500, 502, 503, 504]);

export interface Where {
  url(): string;
  key(): string;
}

export function apiClient(where: Where): ApiClient {
  const answers: Record<number, number> = {};
  const internalErrors = new Map<string, number>();
  const count = (what: string): unknown => internalErrors.set(what, (internalErrors.get(what) ?? 0) + 1);
  const once = async <T>(method: string, path: string, options: CallOptions): Promise<Answer<T> | undefined> => {
    const answer = await send<T>(where, method, path, options).catch(() => undefined);
    const status = answer?.status ?? 0;
    answers[status] = (answers[status] ?? 0) + 1;
    if (answer?.status === 500) count(`${method} ${path.replaceAll(IDS, '…')}`);
    return answer && !LATER.has(answer.status) && !isInFlight(answer) ? answer : undefined;
  };
  return {
    answers,
    internalErrors,
    call: async <T>(method: string, path: string, options: CallOptions = {}) => {
      for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(AGAIN_MS)) {
        const answer = await once<T>(method, path, options);
        if (answer) return answer;
      }
      throw new Error(`${method} ${path} has no answer for ${PATIENCE_MS} ms`);
    },
  };
}

/** The request before it, whose answer was lost, is still being carried out. */
function isInFlight({ status, body }: Answer<unknown>): boolean {
  return status === 409 && (body as { readonly code?: unknown }).code === 'request.in_flight';
}

async function send<T>(where: Where, method: string, path: string, { body, idempotencyKey }: CallOptions): Promise<Answer<T>> {
  const answer = await fetch(`${where.url()}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${where.key()}`,
      ...(body && { 'content-type': 'application/json' }),
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}
