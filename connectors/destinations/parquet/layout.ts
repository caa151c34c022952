/**
 * Where things stand below the root. Tables are for everybody; what begins with `_` or `.` is looked over by readers of folders
 * of Parquet files, and no file there is named `*.parquet`.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { fitIdentifier } from '../../../schema/naming.js';
import type { Target } from '../../../schema/types.js';
import type { LoadRequest, Track } from '../../sdk/destination.js';

const OWN = '_millrace';
const DIGITS = 12;
/** Some file systems take 255 bytes. */
const MAX_PART_BYTES = 200;

/** Names of loaded files, and of no others: what is named so and is not current may be removed. */
export const DATA_FILE = /^(live|backfill-\d+|replay-\d+|rejects-\w+)-\d{6,}-\d{6,}-\d+-[0-9a-f]{16}\.parquet$/;

export const logPrefix = (connectionId: string): string => `${OWN}/connections/${part(connectionId)}/log/`;
export const snapshotPrefix = (connectionId: string): string => `${OWN}/connections/${part(connectionId)}/snapshots/`;
export const incomingPrefix = (connectionId: string): string => `${OWN}/connections/${part(connectionId)}/incoming/`;
export const ownerPrefix = (target: Target): string => `${OWN}/targets/${tablePath(target)}/`;
export const tablePrefix = (target: Target): string => `${tablePath(target)}/`;
export const manifestPrefix = (target: Target): string => `${tablePath(target)}/_manifests/`;

const tablePath = ({ schema, table }: Target): string => `${part(schema)}/${part(table)}`;

export const numbered = (prefix: string, version: number): string => `${prefix}${String(version).padStart(DIGITS, '0')}.json`;

/** 0 for a name that is none of `numbered`. */
export function versionOf(key: string): number {
  const digits = /\/(\d{12,})\.json$/.exec(key)?.[1];
  return digits === undefined ? 0 : Number(digits);
}

/** Where a file waits for its slice to be committed. Not named `*.parquet`, so that nobody reads it. */
export function incomingKey(
  { connectionId, epoch }: { readonly connectionId: string; readonly epoch: number },
  name: string,
): string {
  return `${incomingPrefix(connectionId)}${epoch}-${name}.${randomBytes(6).toString('hex')}`;
}

/** The run that wrote a file: when a later one has begun, nobody can commit it any more. */
export function epochOf(key: string): number {
  return Number(/\/incoming\/(?:\.unfinished-)?(\d+)-/.exec(key)?.[1] ?? Number.MAX_SAFE_INTEGER);
}

/**
 * A name as one part of a path: letters and digits of every script, `-`, `_`, inner dots and spaces stay, everything else is written
 * as in a URL. So no name leaves its folder, hides, is taken for a pattern (`*`) or for a partition (`=`), or meets another's.
 */
export function part(name: string): string {
  const escaped = name.replaceAll(/^[._ ]|[. ]$|[^\p{L}\p{N}\p{M}\-_. ]/gu, percent);
  return fitIdentifier(escaped, MAX_PART_BYTES);
}

const percent = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** The name of a slice's file: the same for the same slice, another one for other contents. */
export function dataFileName(request: NamedSlice, index: number): string {
  const { connectionId, feed, track, lineage, seq, manifestSha256 } = request;
  const digest = createHash('sha256')
    .update(JSON.stringify([connectionId, feed, track, lineage, seq, manifestSha256]))
    .digest('hex')
    .slice(0, 16);
  const [trackPart, lineagePart, seqPart] = [trackName(track), padded(lineage), padded(seq)];
  return `${trackPart}-${lineagePart}-${seqPart}-${index}-${digest}.parquet`;
}

type NamedSlice = Pick<LoadRequest, 'connectionId' | 'feed' | 'track' | 'lineage' | 'seq' | 'manifestSha256'>;

const trackName = (track: Track): string => track.replaceAll(/\W/g, '-');
const padded = (number: number): string => String(number).padStart(6, '0');
