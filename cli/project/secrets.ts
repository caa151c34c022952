import type { SchemaPlace } from '../../platform/secrets/schema-walk.js';
import { isRecord } from '../../platform/secrets/schema-walk.js';

/** A place in a configuration, and what stands there. */
export interface Found {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Every value at a place that the connector's schema marks secret. */
export function secretsIn(place: SchemaPlace, value: unknown, path: Found['path'] = []): readonly Found[] {
  if (value === undefined || value === null) return [];
  if (place.secret) return [{ path, value }];
  const children: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : isRecord(value)
      ? Object.entries(value)
      : [];
  return children.flatMap(([key, inner]) => secretsIn(place.at(key), inner, [...path, key]));
}

/**
 * What a reference leads to, or undefined when it is none. In files `env:NAME` and `file:/path` are short for `{ ref: … }`, which the
 * API takes: there, a text is always the secret itself.
 */
export function referenceOf(value: unknown): string | undefined {
  if (typeof value === 'string') return isShort(value) ? value : undefined;
  return isRecord(value) && Object.keys(value).length === 1 && typeof value['ref'] === 'string' ? value['ref'] : undefined;
}

/** As people write it. */
export function writtenReference(ref: string): string | { readonly ref: string } {
  return isShort(ref) ? ref : { ref };
}

const isShort = (text: string): boolean => /^(env:[A-Za-z_]\w*|file:\/\S.*)$/.test(text);

/** A copy with another value at a path that exists. */
export function withValueAt(tree: unknown, path: Found['path'], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(tree)) return tree.map((item, index) => (index === key ? withValueAt(item, rest, value) : item));
  return isRecord(tree) ? { ...tree, [key]: withValueAt(tree[key], rest, value) } : tree;
}

export function valueAt(tree: unknown, path: Found['path']): unknown {
  return path.reduce<unknown>((node, key) => {
    if (Array.isArray(node)) return node[Number(key)];
    return isRecord(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  }, tree);
}

/** `{ config: crm, field: password }` → `CRM_PASSWORD` */
export function variableFor(system: string, path: Found['path']): string {
  const words = [system, ...path].map((word) =>
    String(word)
      .replaceAll(/\W+/g, '_')
      .replaceAll(/^_+|_+$/g, ''),
  );
  const name = words.filter(Boolean).join('_').toUpperCase();
  return /^[A-Z_]/.test(name) ? name : `_${name}`;
}
