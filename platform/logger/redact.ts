const MASK = '***';
const SECRET_KEY =
  /(pass(word|wd|phrase)?|secret|secret[-_]?key|token|api[-_]?key|access[-_]?key|private[-_]?key|authorization|credentials?|cookie)$/i;
const URL_USERINFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>]*@/gi;
const URL_PARAMETER = /([?&][^=\s&#]*(?:password|secret|token|api[-_]?key|signature|credential)=)[^\s&#"']+/gi;
const BEARER = /\b(bearer\s+)[\w.~+/=-]{8,}/gi;
const DEEPEST = 8;

/** Text without user and password of URLs, secret query parameters and bearer tokens. */
export function redactText(text: string): string {
  return text.replace(URL_USERINFO, `$1${MASK}@`).replace(URL_PARAMETER, `$1${MASK}`).replace(BEARER, `$1${MASK}`);
}

/**
 * A copy fit for a log: values of secret keys masked at any depth, texts through {@link redactText}, errors as plain data,
 * bigints as text, cycles cut.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '…';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, redactField(key, field, depth)]));
}

function redactField(key: string, value: unknown, depth: number): unknown {
  const isSecret = SECRET_KEY.test(key) && value !== null && value !== undefined && value !== '';
  return isSecret ? MASK : redact(value, depth + 1);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    message: redactText(error.message),
    ...redactFields(error, depth),
    ...(error.stack !== undefined && { stack: redactText(error.stack) }),
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
  };
}
