import type { CursorType } from '../../../../checkpoint/position.js';
import type { CursorDistance } from '../../../../schema/cursor-distance.js';
import type { StagedRow } from '../bench.js';
import type { ConformanceCheck } from '../check.js';
import { difference, differenceText } from '../difference.js';
import { CheckFault, CheckSkipped } from '../report.js';
import { type Ask, type WholeRead, readOn, readSlice } from './read.js';
import { incrementalSubjects } from './read-checks.js';
import type { SourceSession, Subject } from './session.js';

/** How far from the newest rows a read ends, and how far below its cursor it begins: only the source can do it. */
export const distanceChecks: readonly ConformanceCheck<SourceSession>[] = [
  {
    name: 'hold-back',
    title: 'holdBack leaves the newest rows for a later read, and that one brings them',
    needs: ['incremental-read'],
    run: (session) => eachScaled(session, checkHoldBack),
  },
  {
    name: 'lag',
    title: 'lag reads rows below the cursor again, in the slice of those at the cursor',
    needs: ['incremental-read', 'ties'],
    run: (session) => eachScaled(session, checkLag),
  },
];

/** A stream whose cursor has distances, with the number that each of its rows has on that scale; undefined for NULL. */
interface Scaled {
  readonly subject: Subject;
  readonly ask: Ask;
  readonly whole: WholeRead;
  readonly unit: 'ms' | 'units';
  /** The values that there are, smallest first. */
  readonly values: readonly bigint[];
  valueOf(row: StagedRow): bigint | undefined;
}

async function eachScaled(
  session: SourceSession,
  check: (session: SourceSession, scaled: Scaled) => Promise<string>,
): Promise<string> {
  const seen: string[] = [];
  for (const { subject, ask } of await incrementalSubjects(session)) {
    const whole = await session.firstRead(ask);
    const scaled = whole.complete ? scaledOf(subject, ask, whole) : undefined;
    if (scaled) seen.push(`${subject.stream.name}: ${await check(session, scaled)}`);
  }
  if (seen.length > 0) return seen.join('; ');
  throw new CheckSkipped(
    'No stream that was read to its end has a cursor that is a whole number or a time and has several values.',
    'Give rows with different values of the cursor.',
  );
}

function scaledOf(subject: Subject, ask: Ask, whole: WholeRead): Scaled | undefined {
  const index = subject.stream.fields.findIndex(({ name }) => name === ask.cursor?.field);
  const scale = ask.cursor && SCALES[ask.cursor.type];
  if (!scale || index < 0) return undefined;
  const valueOf = (row: StagedRow): bigint | undefined => {
    const text = row[index];
    return typeof text === 'string' ? scale.numberOf(text) : undefined;
  };
  const known = whole.rows.map(valueOf).filter((value) => value !== undefined);
  const values = [...new Set(known)].toSorted((a, b) => (a < b ? -1 : 1));
  if (values.length < 2 || known.length < whole.rows.filter((row) => row[index] !== null).length) return undefined;
  return { subject, ask, whole, unit: scale.unit, values, valueOf };
}

interface Scale {
  readonly unit: 'ms' | 'units';
  /** Undefined for what is no instant, such as infinity. */
  numberOf(text: string): bigint | undefined;
}

const WHOLE: Scale = { unit: 'units', numberOf: (text) => BigInt(text) };
const TIME: Scale = { unit: 'ms', numberOf: instantOf };
const SCALES: Partial<Record<CursorType, Scale>> = { int: WHOLE, timestamptz: TIME, timestamp: TIME, date: TIME };

/** As the stage prints it: `2026-01-01 00:00:00.123456+00`. */
function instantOf(text: string): bigint | undefined {
  const ms = Date.parse(`${text.replace(' ', 'T').replace(/\+00$/, '')}${text.includes(':') ? 'Z' : ''}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms);
}

const DAY_MS = 86_400_000n;
const FARTHEST = { units: BigInt(Number.MAX_SAFE_INTEGER), ms: 100n * 366n * DAY_MS } as const;

/**
 * Numbers are held back below the largest, so it is known which. Times are below a clock that nobody can read exactly: only a
 * distance that leaves out all of them is certain.
 */
async function checkHoldBack(session: SourceSession, scaled: Scaled): Promise<string> {
  const { ask, whole, unit, values, valueOf } = scaled;
  const [least = 0n, most = 0n] = [values[0], values.at(-1)];
  const newest = unit === 'ms' ? least - DAY_MS : (values[(values.length - 1) >> 1] ?? least);
  const distance = distanceOf(unit, unit === 'ms' ? BigInt(Date.now()) - newest : most - newest);
  if (!distance) return 'too far apart';
  const isDue = (row: StagedRow): boolean => (valueOf(row) ?? newest) <= newest;
  const held = await readOn(session, { ...ask, holdBack: distance });
  requireSame(scaled, `holdBack of ${textOf(distance)}`, whole.rows.filter(isDue), held.rows);
  const later = await readOn(session, ask, held.end);
  requireSame(scaled, 'the read after one with holdBack', whole.rows, [...held.rows, ...later.rows]);
  return `${later.rows.length} rows waited`;
}

async function checkLag(session: SourceSession, scaled: Scaled): Promise<string> {
  const { ask, whole, unit, values, valueOf } = scaled;
  const most = values.at(-1) ?? 0n;
  const from = lowerEdge(values, unit);
  const distance = distanceOf(unit, most - from + EDGE[unit]);
  if (!distance) return 'too far apart';
  const isWithin = (row: StagedRow): boolean => {
    const value = valueOf(row);
    return value !== undefined && value >= from && value < most;
  };
  const { rows } = await readSlice(session, { ...ask, lag: distance }, whole.end);
  requireSame(scaled, `lag of ${textOf(distance)} at the end`, whole.rows.filter(isWithin), rows);
  return `${rows.length} rows came again`;
}

/** Parts of a millisecond are not compared. */
const EDGE = { units: 0n, ms: 1n } as const;
const CLEAR_MS = 3n;

/** In the middle, where it is clear which rows are above it; otherwise the least. */
function lowerEdge(values: readonly bigint[], unit: 'ms' | 'units'): bigint {
  const least = values[0] ?? 0n;
  const isClear = (value: bigint, index: number): boolean =>
    index > 0 && index < values.length - 1 && (unit === 'units' || value - (values[index - 1] ?? least) >= CLEAR_MS);
  const clear = values.filter(isClear);
  return clear[clear.length >> 1] ?? least;
}

/** Undefined for one that is not exact as a number, or that the engine would not ask for. */
function distanceOf(unit: 'ms' | 'units', distance: bigint): CursorDistance | undefined {
  if (distance <= 0n || distance > FARTHEST[unit]) return undefined;
  return unit === 'ms' ? { ms: Number(distance) } : { units: Number(distance) };
}

const textOf = (distance: CursorDistance): string => ('ms' in distance ? `${distance.ms} ms` : String(distance.units));

function requireSame({ subject }: Scaled, what: string, wanted: readonly StagedRow[], found: readonly StagedRow[]): void {
  const different = differenceText(difference(wanted, found), subject.known.rows !== undefined);
  if (!different) return;
  throw new CheckFault(
    `${subject.stream.name}, ${what}: ${different}.`,
    'Honour request.holdBack and request.lag: see the reading of changes in a package of millrace connector new.',
  );
}
