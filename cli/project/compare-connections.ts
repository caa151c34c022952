import type { FieldError } from '../../platform/errors/error.js';
import { didYouMean } from '../names/did-you-mean.js';
import { type Compared, type Desired, type Ends, NOTHING } from './compared.js';
import { describeConnection, describeEntry } from './describe.js';
import { diff } from './diff.js';
import type { Existing, ExistingConnection } from './existing.js';
import type { ConnectionEntry, SystemKind } from './files/read-project.js';
import { driftOf, isMarked, marked, projectOf } from './marks.js';
import { matchOf } from './match.js';
import type { Planned } from './plan.js';
import { besides, settingsOf } from './settings.js';

/** The systems of the project, and those that are there without belonging to it: a connection may use both. */
export function endsOf(desired: Desired, existing: Existing, compared: readonly Compared[]): Ends {
  const of = (kind: SystemKind): ReadonlyMap<string, string | undefined> => {
    const others = existing.systems.filter((system) => system.kind === kind && projectOf(system.labels) !== desired.project);
    const unique = others.filter(({ name }) => others.filter((other) => other.name === name).length === 1);
    const own = desired.systems.flatMap((system, index): [string, string | undefined][] => {
      const found = compared[index];
      return system.kind === kind ? [[system.name, found?.step?.action === 'replace' ? undefined : found?.id]] : [];
    });
    return new Map([...unique.map(({ name, id }) => [name, id] as const), ...own]);
  };
  return { source: of('source'), destination: of('destination') };
}

interface Around {
  readonly existing: Existing;
  readonly ends: Ends;
}

export function compareConnection(desired: Desired, entry: ConnectionEntry, { existing, ends }: Around): Compared {
  const missing = (['source', 'destination'] as const).flatMap((kind) => missingEnd(entry, kind, ends[kind]));
  const { existing: found, problem } = matchOf(desired.project, { ...entry, kind: 'connection' }, existing.connections);
  if (problem || missing.length > 0)
    return { ...(found && { id: found.id }), problems: [...missing, ...(problem ? [problem] : [])] };
  if (!found) return { step: newConnection(desired, entry), problems: [] };
  const { id } = found;
  if (sameEnds(entry, found, ends)) return { id, problems: [], ...changedConnection(desired, entry, found) };
  return { id, step: replacedConnection(desired, entry, { found, existing }), problems: [] };
}

function missingEnd(entry: ConnectionEntry, kind: SystemKind, known: Ends[SystemKind]): readonly FieldError[] {
  const name = entry[kind];
  if (known.has(name)) return [];
  const hint = didYouMean(name, known.keys()) ?? `Add it to ${kind}s in millrace.yaml.`;
  const message = `${kind}: There is no ${kind} ${name}, in the files or in the API. ${hint}`;
  return [entry.origin.file.problem([kind], 'not_found', message)];
}

function sameEnds(entry: ConnectionEntry, found: ExistingConnection, ends: Ends): boolean {
  return ends.source.get(entry.source) === found.sourceId && ends.destination.get(entry.destination) === found.destinationId;
}

function connectionWrite({ project }: Desired, entry: ConnectionEntry) {
  const { labels, source, destination } = entry;
  return { settings: settingsOf(entry), labels: marked(labels, project, describeEntry(entry).brief), source, destination };
}

function newConnection(desired: Desired, entry: ConnectionEntry): Planned {
  const { name, source, destination } = entry;
  const changes = diff({}, { source, destination, ...describeEntry(entry).brief });
  const streams = entry.streams.map((stream) => ({ stream: stream.name, effect: 'is_new' as const }));
  const connection = connectionWrite(desired, entry);
  return { ...NOTHING, action: 'create', kind: 'connection', name, changes, streams, connection };
}

interface Replaced {
  readonly found: ExistingConnection;
  readonly existing: Existing;
}

function replacedConnection(desired: Desired, entry: ConnectionEntry, { found, existing }: Replaced): Planned {
  const nameOf = (id: string): string => existing.systems.find((system) => system.id === id)?.name ?? id;
  const before = { source: nameOf(found.sourceId), destination: nameOf(found.destinationId) };
  const { source, destination } = entry;
  const changes = [...diff(before, { source, destination }), ...changesOf(found, entry)];
  const notes = [
    'Source and destination of a connection cannot change: it is deleted with its positions and made anew.',
    'What it has loaded stays in the destination.',
  ];
  return { ...newConnection(desired, entry), action: 'replace', id: found.id, changes, notes, destroys: true };
}

function changesOf(found: ExistingConnection, entry: ConnectionEntry): Planned['changes'] {
  const settings = settingsOf(entry);
  return diff(
    { ...describeConnection(found).full, ...besides(found.settings, settings) },
    { ...describeEntry(entry).full, ...besides(settings, found.settings) },
  );
}

function changedConnection(desired: Desired, entry: ConnectionEntry, found: ExistingConnection): Pick<Compared, 'step'> {
  const { id, name, labels } = found;
  const { brief } = describeConnection(found);
  const changes = changesOf(found, entry);
  if (changes.length === 0 && isMarked(labels, desired.project, brief)) return {};
  const marks = { drifted: driftOf(labels, brief), adopts: projectOf(labels) === undefined };
  const connection = connectionWrite(desired, entry);
  return { step: { ...NOTHING, ...marks, action: 'update', kind: 'connection', name, id, changes, connection } };
}

export function deletedConnection(found: ExistingConnection): Planned {
  const { id, name, labels } = found;
  const drifted = driftOf(labels, describeConnection(found).brief);
  const notes = ['Its positions go; what it has loaded stays in the destination. A run that is active is cancelled.'];
  return { ...NOTHING, action: 'delete', kind: 'connection', name, id, drifted, notes, destroys: true };
}
