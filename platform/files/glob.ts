import { literalPattern } from '../names/literal-pattern.js';

/**
 * Patterns of paths below a root, with `/` between names. `*` and `?` stay within a name and do not match a leading dot;
 * `**` stands for any number of folders, at the end for everything below.
 */
export interface Glob {
  matches(path: string): boolean;
  /** Whether something below this folder can match, so that other folders are not walked. */
  mayContain(folder: string): boolean;
}

export function parseGlob(pattern: string): Glob {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.at(-1) === '**') segments.push('*');
  const matchers = segments.map((segment) => (segment === '**' ? 'any' : segmentRegex(segment)));
  return {
    matches: (path) => matchesAll(matchers, path.split('/')),
    mayContain: (folder) => folder === '' || matchesStart(matchers, folder.split('/')),
  };
}

type Matcher = RegExp | 'any';

const visible = (name: string | undefined): boolean => name !== undefined && !name.startsWith('.');

function matchesAll(matchers: readonly Matcher[], names: readonly string[]): boolean {
  const [matcher, ...rest] = matchers;
  if (matcher === undefined) return names.length === 0;
  if (matcher !== 'any') return names[0] !== undefined && matcher.test(names[0]) && matchesAll(rest, names.slice(1));
  return matchesAll(rest, names) || (names.length > 1 && visible(names[0]) && matchesAll(matchers, names.slice(1)));
}

function matchesStart(matchers: readonly Matcher[], names: readonly string[]): boolean {
  const [matcher, ...rest] = matchers;
  if (names.length === 0) return matchers.length > 0;
  if (matcher === undefined) return false;
  if (matcher === 'any')
    return matchesStart(rest, names) || (visible(names[0]) && (names.length === 1 || matchesStart(matchers, names.slice(1))));
  return matcher.test(names[0] ?? '') && matchesStart(rest, names.slice(1));
}

function segmentRegex(segment: string): RegExp {
  const hidden = segment.startsWith('.') ? '' : '(?!\\.)';
  return new RegExp(`^${hidden}${translate(segment)}$`, 'su');
}

const TOKEN = /\*+|\?|\[(!?)([^\]]+)\]|\{([^{}]*)\}|[^*?[{]+|[[{]/gsu;

function translate(segment: string): string {
  return segment.replace(TOKEN, (token, negated: string | undefined, set: string | undefined, choices: string | undefined) => {
    if (token.startsWith('*')) return '.*';
    if (token === '?') return '.';
    if (set !== undefined) return `[${negated ? '^' : ''}${set.replaceAll(/[\\^]/g, '\\$&')}]`;
    if (choices !== undefined) return `(?:${choices.split(',').map(translate).join('|')})`;
    return literalPattern(token);
  });
}
