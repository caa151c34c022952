/** One wrong field of a request. */
export interface ApiFieldError {
  /** As a person would write it: `streams[0].cursorField`. */
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly suggestion?: string;
}

interface ApiErrorFacts {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly suggestion: string;
  readonly errors: readonly ApiFieldError[];
  readonly retryable: boolean;
  readonly requestId: string | undefined;
}

/**
 * Thrown when the API refuses a request or cannot be reached. React to `code`; show `message` and `suggestion`.
 * `client.unreachable` (status 0) means that no answer came: what a request without Idempotency-Key has done is unknown.
 * `client.no_api` means that whoever answered is not this API.
 */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly suggestion: string;
  readonly errors: readonly ApiFieldError[];
  /** The same request may succeed later, unchanged. */
  readonly retryable: boolean;
  /** Under this id the API's log has more. */
  readonly requestId: string | undefined;

  constructor({ code, status, detail, suggestion, errors, retryable, requestId }: ApiErrorFacts, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
    this.suggestion = suggestion;
    this.errors = errors;
    this.retryable = retryable;
    this.requestId = requestId;
  }

  /** What was wrong and where, in one sentence. */
  get detail(): string {
    return this.message;
  }
}

export function unreachable(url: string, cause: unknown): ApiError {
  const facts = { code: 'client.unreachable', status: 0, detail: `The API at ${new URL(url).origin} cannot be reached.` };
  const suggestion = 'Check the address, and that the API runs.';
  return new ApiError({ ...facts, suggestion, errors: [], retryable: true, requestId: undefined }, cause);
}

/** What a problem document (RFC 9457) says; whatever else answers gets an error of its own. */
export function errorOf(response: Response, body: unknown): ApiError {
  const problem = isObject(body) ? body : {};
  const text = (name: string): string | undefined => (typeof problem[name] === 'string' ? problem[name] : undefined);
  return new ApiError({
    code: text('code') ?? 'client.no_api',
    status: response.status,
    detail:
      text('detail') ?? text('title') ?? `${new URL(response.url).origin} answered ${response.status} and no problem document.`,
    suggestion: text('suggestion') ?? 'Check that the address is that of a Millrace API.',
    errors: Array.isArray(problem['errors']) ? (problem['errors'] as ApiFieldError[]) : [],
    retryable: problem['retryable'] === true,
    requestId: text('requestId'),
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
