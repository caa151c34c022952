import { sortableTime } from '../schema/sortable-time.js';

const RANDOM_CHARS = 16;

/** `run_` + milliseconds in base32 + random: sorts by time, and is made of what the workflow knows, so that it replays. */
export function newRunId(nowMs: number, uuid: string): string {
  return `run_${sortableTime(nowMs)}${uuid.replaceAll('-', '').slice(-RANDOM_CHARS)}`;
}
