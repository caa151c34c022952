import type { FieldError } from './error.js';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: string;
  readonly keys?: readonly string[];
}

/** `['streams', 0, 'name']` → `streams[0].name`, below `prefix` when there is one. */
export function fieldPath(segments: readonly PropertyKey[], prefix = ''): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === 'number') return `${path}[${segment}]`;
    return path === '' ? String(segment) : `${path}.${String(segment)}`;
  }, prefix);
}

/** Issues of a schema as field errors; every unknown field gets its own, with its full path. */
export function fieldErrors(issues: readonly Issue[], prefix = ''): readonly FieldError[] {
  return issues.flatMap((issue) => {
    const segments = (issue.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
    const code = issue.code ?? 'invalid';
    if (code !== 'unrecognized_keys' || !issue.keys) return [{ path: fieldPath(segments, prefix), code, message: issue.message }];
    return issue.keys.map((key) => ({
      path: fieldPath([...segments, key], prefix),
      code: 'unknown_field',
      message: `There is no such field.${issue.message.startsWith('Unrecognized') ? '' : ` ${issue.message}`}`,
    }));
  });
}

/** One line for people; programs read `errors`. */
export function inWords(fields: readonly FieldError[]): string {
  const shown = fields.slice(0, 3).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const more = fields.length > shown.length ? ` (and ${fields.length - shown.length} more)` : '';
  return `${shown.join('; ')}${more}`;
}
