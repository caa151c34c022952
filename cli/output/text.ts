/**
 * How single values are shown.
 * @module
 */
import type { Position } from '../../client/index.js';

export const count = (rows: number): string => rows.toLocaleString('en-US');

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

/** `2026-01-31 17:05:09Z` */
export function time(iso: string | null | undefined): string {
  return iso ? iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z') : '–';
}

/** From start to end, or till now: `850 ms`, `12.3 s`, `4 m 05 s`, `2 h 07 m`. */
export function duration(start: string | null, end: string | null, nowMs: number = Date.now()): string {
  if (start === null) return '–';
  const ms = Math.max(0, (end === null ? nowMs : Date.parse(end)) - Date.parse(start));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} m ${String(Math.floor(ms / 1_000) % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} m`;
}

/** Where a feed stands: `updated_at 2026-01-01`, `scanning after 42`, `start`, `end`. */
export function position(value: unknown): string {
  const at = value as Position | null | undefined;
  switch (at?.kind) {
    case 'cursor':
      return at.cursor.value === null ? '–' : `${at.cursor.field} ${at.cursor.value}`;
    case 'scan':
      return `scanning after ${at.scan.after.join(', ')}`;
    case 'start':
    case 'end':
      return at.kind;
    default:
      return '–';
  }
}

/** Name and value a line, the values under each other. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd()).join('\n');
}
