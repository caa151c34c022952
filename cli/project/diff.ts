import { isRecord } from '../../platform/secrets/schema-walk.js';
import { same } from './settings.js';

/** One value that differs. What was not there before has no `before`, what goes has no `after`. */
export interface Change {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Value by value. Lists of things with a name are compared by name, and their order tells nothing; other lists are one
 * value. What `isWhole` says is one value, too.
 */
export function diff(before: unknown, after: unknown, path = ''): readonly Change[] {
  if (same(before, after)) return [];
  if (isTree(before) && isTree(after)) {
    const [from, to] = [childrenOf(before), childrenOf(after)];
    return [...new Set([...from.keys(), ...to.keys()])].flatMap((key) => diff(from.get(key), to.get(key), join(path, key)));
  }
  if (isAbsent(before) && isTree(after)) return leaves(after, path).map(([at, value]) => ({ path: at, after: value }));
  if (isAbsent(after) && isTree(before)) return leaves(before, path).map(([at, value]) => ({ path: at, before: value }));
  return [{ path, ...(isAbsent(before) ? {} : { before }), ...(isAbsent(after) ? {} : { after }) }];
}

type Tree = Readonly<Record<string, unknown>> | readonly Named[];
interface Named {
  readonly name: string;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** What a secret looks like from outside, `{"set": true}` or `{"ref": …}`, is one value. */
export function isSecretView(value: unknown): value is { set: true } | { ref: string } {
  return isRecord(value) && Object.keys(value).length === 1 && (value['set'] === true || typeof value['ref'] === 'string');
}

function isTree(value: unknown): value is Tree {
  return isNamedList(value) || (isRecord(value) && !isSecretView(value));
}

function isNamedList(value: unknown): value is readonly Named[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const names = value.map((item) => (isRecord(item) && typeof item['name'] === 'string' ? item['name'] : undefined));
  return !names.includes(undefined) && new Set(names).size === names.length;
}

function childrenOf(tree: Tree): ReadonlyMap<string, unknown> {
  return isNamedList(tree) ? new Map(tree.map((item) => [`[${item.name}]`, nameless(item)])) : new Map(Object.entries(tree));
}

/** Its name stands in the path already. */
function nameless(item: Named): object {
  const { name: _, ...rest } = item;
  return Object.keys(rest).length > 0 ? rest : item;
}

function leaves(tree: Tree, path: string): readonly (readonly [string, unknown])[] {
  return [...childrenOf(tree)].flatMap(([key, value]) => {
    if (isAbsent(value)) return [];
    return isTree(value) ? leaves(value, join(path, key)) : [[join(path, key), value] as const];
  });
}

/** A name in a path may hold dots: `streams[public.orders].mode`. */
function join(path: string, key: string): string {
  return path === '' || key.startsWith('[') ? `${path}${key}` : `${path}.${key}`;
}
