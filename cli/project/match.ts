import type { FieldError } from '../../platform/errors/error.js';
import type { Existing, ExistingConnection, ExistingSystem } from './existing.js';
import type { Origin, SystemKind } from './files/read-project.js';
import { projectOf } from './marks.js';

/** What a project wants, as far as finding it is concerned. */
export interface Wanted {
  readonly kind: SystemKind | 'connection';
  readonly name: string;
  readonly connector?: string;
  readonly origin: Origin;
}

export type Match<Resource> = { readonly existing?: Resource; readonly problem?: FieldError };

/**
 * The resource of a name: the project's own, or one that belongs to nobody. Of several of its own, which an apply that was cut
 * short may leave, the newest of the right connector.
 */
export function matchOf<Resource extends ExistingSystem | ExistingConnection>(
  project: string,
  { kind, name, connector, origin }: Wanted,
  resources: readonly Resource[],
): Match<Resource> {
  const named = resources.filter((resource) => resource.kind === kind && resource.name === name);
  const mine = named.filter(({ labels }) => projectOf(labels) === project).toSorted(newestFirst);
  const own = mine.find((resource) => !('connector' in resource) || resource.connector === connector) ?? mine[0];
  if (own) return { existing: own };
  const [first, ...others] = named;
  if (!first) return {};
  const refuse = (message: string): Match<Resource> => ({
    problem: origin.file.problem(origin.path, 'conflict', `${kind} ${name}: ${message}`),
  });
  if (others.length > 0) return refuse(`There are ${named.length} of that name: ${named.map(({ id }) => id).join(', ')}.`);
  const owner = projectOf(first.labels);
  return owner === undefined ? { existing: first } : refuse(`It belongs to the project ${owner} (${first.id}).`);
}

function newestFirst(a: { readonly createdAt: string }, b: { readonly createdAt: string }): number {
  return a.createdAt < b.createdAt ? 1 : -1;
}

/** What the project has made and its files do not name any more. */
export function vanished({ systems, connections }: Existing, project: string, kept: ReadonlySet<string>) {
  const gone = ({ id, labels }: ExistingSystem | ExistingConnection): boolean => projectOf(labels) === project && !kept.has(id);
  return { systems: systems.filter(gone), connections: connections.filter(gone) };
}
