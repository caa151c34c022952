/**
 * The two ends of `copy` and `load`, from what people type: a URL, a file, `-` for stdin, or the name of a system that is
 * configured already.
 * @module
 */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { invalid } from '../input.js';
import { type FileOptions, fileStream } from './file-stream.js';

/** The configuration of a system that is made for this move, and maybe its one stream. */
export interface NewEnd {
  readonly kind: 'new';
  readonly connector: 'postgres' | 'mysql' | 'files';
  readonly config: Readonly<Record<string, unknown>>;
  readonly stream?: string;
}

/** A file on this machine, or stdin, which is handed over to the API first. */
export interface UploadEnd {
  readonly kind: 'upload';
  /** Undefined for stdin. */
  readonly path: string | undefined;
  /** As it is handed over. */
  readonly name: string;
  readonly stream: Readonly<Record<string, unknown>> & { readonly name: string };
}

export interface NamedEnd {
  readonly kind: 'named';
  readonly name: string;
}

export type End = NewEnd | UploadEnd | NamedEnd;

const POSTGRES = /^postgres(ql)?:\/\//;
const MYSQL = /^(mysql|mariadb):\/\//;

/** @throws MillraceError `request.invalid` for what is none of it */
export function endOf(typed: string, env: NodeJS.ProcessEnv, options: FileOptions = {}): End {
  const [, variable] = /^env:(\w+)$/.exec(typed) ?? [];
  if (variable !== undefined) return endOf(valueOf(variable, env), {}, options);
  if (POSTGRES.test(typed)) return { kind: 'new', connector: 'postgres', config: { url: typed } };
  if (MYSQL.test(typed)) return { kind: 'new', connector: 'mysql', config: { url: typed } };
  if (typed.startsWith('file://')) return folderEnd(typed, options);
  if (/^\w[\w+.-]*:\/\//.test(typed)) throw unknownScheme(typed);
  if (typed === '-') return { kind: 'upload', path: undefined, ...fileStream('stdin', { format: 'csv', ...options }) };
  if (existsSync(typed)) return { kind: 'upload', path: resolve(typed), ...fileStream(basename(typed), options) };
  if (/[/\\]|\.\w+$/.test(typed)) throw invalid('path', `There is no file ${typed}.`);
  return { kind: 'named', name: typed };
}

/** `file:///data/orders-*.csv`: files that the worker finds in its own folders. */
function folderEnd(url: string, options: FileOptions): NewEnd {
  const path = fileURLToPath(url);
  const { stream } = fileStream(basename(path), options);
  return {
    kind: 'new',
    connector: 'files',
    config: { root: pathToFileURL(dirname(path)).href, streams: [{ ...stream, path: basename(path) }] },
    stream: stream.name,
  };
}

function valueOf(variable: string, env: NodeJS.ProcessEnv): string {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw invalid(`env:${variable}`, `The variable ${variable} is not set.`);
}

/** Whatever stands behind the scheme may be a password. */
function unknownScheme(typed: string): Error {
  const scheme = typed.slice(0, typed.indexOf(':'));
  return invalid(
    'url',
    `There is no connector for ${scheme}:// yet.`,
    'Use postgresql://, mysql://, file:///, a path, - or a name.',
  );
}
