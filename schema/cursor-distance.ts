import { durationMs } from './connection-config.js';

/** A distance on a cursor's own scale: time for dates and times, a number for numbers. */
export type CursorDistance = { readonly ms: number } | { readonly units: number };

/** What `holdBack` or `lag` asks for; undefined for none. */
export function cursorDistance(configured: string | number): CursorDistance | undefined {
  if (typeof configured === 'number') return configured === 0 ? undefined : { units: configured };
  const ms = durationMs(configured);
  return ms === 0 ? undefined : { ms };
}
