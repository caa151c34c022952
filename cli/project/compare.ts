/**
 * From what the files say and what the API has to the steps between them. Pure.
 * @module
 */
import type { FieldError } from '../../platform/errors/error.js';
import { compareConnection, deletedConnection, endsOf } from './compare-connections.js';
import { compareSystem, deletedSystem } from './compare-systems.js';
import type { Desired, Ends } from './compared.js';
import type { Existing } from './existing.js';
import { PROJECT_FILE } from './files/file-schemas.js';
import { projectOf } from './marks.js';
import { vanished } from './match.js';
import { type Planned, inOrder } from './plan.js';
import { same } from './settings.js';

export interface Comparison {
  readonly steps: readonly Planned[];
  readonly uncompared: readonly string[];
  readonly ends: Ends;
  /** Names that belong to somebody else, or to nobody at all. */
  readonly problems: readonly FieldError[];
}

export function compare(desired: Desired, existing: Existing): Comparison {
  const systems = desired.systems.map((system) => compareSystem(desired, system, existing));
  const ends = endsOf(desired, existing, systems);
  const connections = desired.connections.map((entry) => compareConnection(desired, entry, { existing, ends }));
  const kept = new Set([...systems, ...connections].flatMap(({ id }) => (id === undefined ? [] : [id])));
  const gone = vanished(existing, desired.project, kept);
  const deleted = [...gone.connections.map(deletedConnection), ...gone.systems.map(deletedSystem)];
  const steps = [...[...systems, ...connections].flatMap(({ step }) => (step ? [step] : [])), ...deleted];
  return {
    steps: inOrder(withRenames(steps, existing)),
    ends,
    uncompared: systems.flatMap(({ uncompared = [] }) => uncompared),
    problems: [
      ...systems.flatMap(({ problems }) => problems),
      ...connections.flatMap(({ problems }) => problems),
      ...stillUsed(steps, existing, desired.project),
    ],
  };
}

/** The API would refuse to delete it, after other steps were carried out. */
function stillUsed(steps: readonly Planned[], { connections }: Existing, project: string): readonly FieldError[] {
  const leaving = steps.filter(({ action }) => action === 'delete' || action === 'replace');
  const left = new Set(leaving.map(({ id }) => id));
  return leaving.flatMap(({ kind, id, name }) => {
    const users = connections.filter(({ sourceId, destinationId }) => sourceId === id || destinationId === id);
    const others = users.filter((user) => !left.has(user.id) && projectOf(user.labels) !== project);
    if (kind === 'connection' || others.length === 0) return [];
    const names = others.map((user) => user.name).join(', ');
    const message = `The ${kind} ${name} would be deleted, but ${names}, which is not of this project, uses it.`;
    return [{ path: PROJECT_FILE, code: 'conflict', message }];
  });
}

/** A new name is not told from a new thing; but where all else is the same, people are. */
function withRenames(steps: readonly Planned[], { connections }: Existing): readonly Planned[] {
  const gone = steps.filter(({ action, kind }) => action === 'delete' && kind === 'connection');
  return steps.map((step) => {
    if (step.action !== 'create' || !step.connection) return step;
    const { streams } = step.connection.settings;
    const former = gone.find(({ id }) => same(connections.find((connection) => connection.id === id)?.settings.streams, streams));
    if (!former) return step;
    const note = `It looks like ${former.name} by a new name: a rename is a delete and a create, and reads from the start. To keep its positions, give it the new name in the API first.`;
    return { ...step, notes: [...step.notes, note] };
  });
}
