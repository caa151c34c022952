const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARS = 10;
const RANDOM_CHARS = 16;

/** `run_` + milliseconds in base32 + random: sorts by time, and is made of what the workflow knows, so that it replays. */
export function newRunId(nowMs: number, uuid: string): string {
  let time = '';
  for (let rest = nowMs; time.length < TIME_CHARS; rest = Math.floor(rest / 32)) time = ALPHABET.charAt(rest % 32) + time;
  return `run_${time}${uuid.replaceAll('-', '').slice(-RANDOM_CHARS)}`;
}
