/**
 * Values of flags and arguments that are more than a word.
 * @module
 */
import { readFileSync } from 'node:fs';
import { MillraceError, errorText } from '../platform/errors/error.js';

/** JSON as it stands, from `@file`, or from stdin for `-`. @throws MillraceError `request.invalid` */
export function jsonArgument(flag: string, text: string): unknown {
  const isInline = text !== '-' && !text.startsWith('@');
  return parse(flag, isInline ? text : readText(flag, text.replace(/^@/, '')));
}

/** Text as it stands, from `@file`, or from stdin for `-`. */
export function textArgument(flag: string, text: string): string {
  return text === '-' || text.startsWith('@') ? readText(flag, text.replace(/^@/, '')) : text;
}

/** JSON from a file, or from stdin for `-`. */
export function jsonFile(flag: string, path: string): unknown {
  return parse(flag, readText(flag, path));
}

export function jsonObject(flag: string, text: string): Readonly<Record<string, unknown>> {
  const value = jsonArgument(flag, text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(flag, 'A JSON object is needed.');
}

function readText(flag: string, path: string): string {
  if (path === '-' && process.stdin.isTTY)
    throw invalid(flag, 'Nothing comes on stdin.', 'Pipe a file into it: millrace … < file.json');
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw invalid(flag, `It cannot be read: ${errorText(error)}`);
  }
}

function parse(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(flag, 'It is not JSON.', 'Give JSON, @file or - for stdin.'); // the parser's message would show what may be secret
  }
}

/** `key=value` as a pair. */
export function pairOf(flag: string, text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw invalid(flag, 'key=value is needed.');
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw invalid('--limit', `A whole number above 0 is needed, not ${text}.`);
}

export function invalid(flag: string, detail: string, suggestion = 'See the examples: add --help.'): MillraceError {
  return new MillraceError('request.invalid', { detail, path: flag, suggestion });
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
