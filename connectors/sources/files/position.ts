import type { CursorMark, Position } from '../../../checkpoint/position.js';
import { MillraceError } from '../../../platform/errors/error.js';
import type { FilesConfig } from './config.js';
import type { SourceFile } from './listing.js';

/** The name under which a position shows what it counts: `$arrival` or `$modification`. */
export type ChangedBy = FilesConfig['changedBy'];

/**
 * A file's place in an incremental read: the moment of its change and its path, `2024-05-01T10:00:00.123456789Z|dir/a.csv`.
 * Moments have the same length, so the text order of two tokens is the order in which the files are read.
 */
export function fileToken(file: SourceFile, changedBy: ChangedBy): string {
  const ns = changedBy === 'arrival' ? arrivalNs(file) : file.modifiedNs;
  return `${momentText(ns)}|${file.path}`;
}

/** A date of modification may be set to the past, and a file moved here keeps its own; nobody can set the other one. */
function arrivalNs(file: SourceFile): bigint {
  return file.changedNs;
}

const NS_PER_MS = 1_000_000n;

function momentText(ns: bigint): string {
  const ms = ns / NS_PER_MS - (ns < 0n && ns % NS_PER_MS !== 0n ? 1n : 0n);
  const rest = ns - ms * NS_PER_MS;
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${rest.toString().padStart(6, '0')}Z`;
}

/** Everything up to and with this file was read. */
export function incrementalPosition(file: SourceFile, changedBy: ChangedBy): Position {
  return { kind: 'cursor', cursor: { type: 'token', field: `$${changedBy}`, value: fileToken(file, changedBy) } };
}

export function fullPosition(file: SourceFile): Position {
  return { kind: 'scan', scan: { by: ['path'], after: [file.path] } };
}

/** Files after the position of an incremental read, in its order. */
export function filesAfterToken(files: readonly SourceFile[], position: Position, changedBy: ChangedBy): SourceFile[] {
  const after = position.kind === 'cursor' ? tokenOf(position.cursor, changedBy) : '';
  return files
    .map((file) => ({ file, token: fileToken(file, changedBy) }))
    .filter(({ token }) => token > after)
    .sort((a, b) => (a.token < b.token ? -1 : 1))
    .map(({ file }) => file);
}

/** @throws MillraceError `source.cursor_unsupported` for a position that counts something else */
function tokenOf(cursor: CursorMark, changedBy: ChangedBy): string {
  const value = cursor.value ?? '';
  if (cursor.field === `$${changedBy}` && (value === '' || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z\|/.test(value))) return value;
  throw new MillraceError('source.cursor_unsupported', {
    detail: `The position ${cursor.field} ${value} does not say which files were read by ${changedBy}.`,
    path: 'config.changedBy',
    suggestion: 'Refresh the stream, or set changedBy back.',
  });
}

/** Files after the position of a full read, by path. */
export function filesAfterPath(files: readonly SourceFile[], position: Position): readonly SourceFile[] {
  if (position.kind === 'end') return [];
  const after = position.kind === 'scan' ? position.scan.after[0] : undefined;
  return after === undefined ? files : files.filter((file) => file.path > after);
}
