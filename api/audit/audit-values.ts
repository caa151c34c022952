import { redact } from '../../platform/logger/redact.js';

/** Of `before` and of `after`, as JSON. */
export const MAX_VALUE_BYTES = 16 * 1024;

/** Even if every character of it is escaped when it becomes JSON once more. */
const CUT_BYTES = 7_000;

/** A value as the log keeps it, as JSON text: without secrets, and cut when it is too large. */
export function shown(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(redact(value));
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_VALUE_BYTES) return text;
  return JSON.stringify({ cut: true, bytes, start: Buffer.from(text).subarray(0, CUT_BYTES).toString('utf8') });
}
