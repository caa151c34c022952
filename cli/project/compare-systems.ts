import { isRecord } from '../../platform/secrets/schema-walk.js';
import { type Compared, type Desired, NOTHING } from './compared.js';
import { describeExistingSystem, describeSystem } from './describe.js';
import type { DesiredSystem, SecretUse } from './desired.js';
import { diff, isSecretView } from './diff.js';
import type { Existing, ExistingSystem } from './existing.js';
import { driftOf, isMarked, marked, projectOf } from './marks.js';
import { matchOf } from './match.js';
import type { Planned } from './plan.js';
import { valueAt } from './secrets.js';

export function compareSystem(desired: Desired, system: DesiredSystem, { systems }: Existing): Compared {
  const { existing, problem } = matchOf(desired.project, system, systems);
  if (problem) return { problems: [problem] };
  if (!existing) return { step: newSystem(desired, system), problems: [] };
  const { id } = existing;
  if (existing.connector !== system.connector) return { id, step: replacedSystem(desired, system, existing), problems: [] };
  return { id, problems: [], ...changedSystem(desired, system, existing) };
}

function writeOf({ project }: Desired, { connector, config, view, labels }: DesiredSystem) {
  return { connector, config, labels: marked(labels, project, describeSystem(view, labels).brief) };
}

function newSystem(desired: Desired, system: DesiredSystem): Planned {
  const { kind, name, connector, view, secrets, labels } = system;
  const changes = diff({}, { connector, ...describeSystem(view, labels).full });
  return { ...NOTHING, action: 'create', kind, name, changes, secrets: sent(secrets), system: writeOf(desired, system) };
}

function replacedSystem(desired: Desired, system: DesiredSystem, { id, connector, config, labels }: ExistingSystem): Planned {
  const before = { connector, ...describeSystem(config, labels).full };
  const changes = diff(before, { connector: system.connector, ...describeSystem(system.view, system.labels).full });
  const notes = [`The connector of a ${system.kind} cannot change: it is deleted and made anew, with its connections.`];
  return { ...newSystem(desired, system), action: 'replace', id, changes, notes, destroys: true };
}

/** Values of secrets are never told, so they are sent when something else of the configuration changes, or when asked to. */
function changedSystem(desired: Desired, system: DesiredSystem, existing: ExistingSystem): Pick<Compared, 'step' | 'uncompared'> {
  const { kind, name, labels, secrets } = system;
  const hidden = secrets.filter(({ path, by }) => by === 'variable' && isHidden(valueAt(existing.config, path)));
  const [was, is] = [describeExistingSystem(existing), describeSystem(system.view, labels)];
  const changes = diff(was.full, is.full);
  const send = changes.some(({ path }) => path.startsWith('config.')) || (desired.updateSecrets && hidden.length > 0);
  const uncompared = send ? [] : hidden.map(({ path, shown }) => `${kind}s.${name}.config.${path.join('.')} (${shown})`);
  const write = { ...writeOf(desired, system), config: withRemovals(system.config, existing.config) };
  const { config: _, ...labelsOnly } = write;
  const step: Planned = {
    ...{ ...NOTHING, action: 'update', kind, name, id: existing.id, changes, secrets: send ? sent(secrets) : [] },
    drifted: driftOf(existing.labels, was.brief),
    adopts: projectOf(existing.labels) === undefined,
    system: send ? write : labelsOnly,
  };
  const nothing = !send && changes.length === 0 && isMarked(existing.labels, desired.project, was.brief);
  return nothing ? { uncompared } : { uncompared, step };
}

const isHidden = (value: unknown): boolean => isSecretView(value) && 'set' in value;

function sent(secrets: readonly SecretUse[]): Planned['secrets'] {
  return secrets
    .filter(({ by }) => by === 'variable')
    .map(({ path, shown }) => ({ path: `config.${path.join('.')}`, from: shown }));
}

/** A secret that is left out stays, so one that the files do not name any more is taken away in words. */
function withRemovals(config: unknown, existing: unknown): Readonly<Record<string, unknown>> {
  const wanted = isRecord(config) ? config : {};
  const removed = Object.entries(isRecord(existing) ? existing : {}).flatMap(([key, value]): [string, unknown][] => {
    if (isSecretView(value)) return key in wanted ? [] : [[key, null]];
    return isRecord(value) && isRecord(wanted[key]) ? [[key, withRemovals(wanted[key], value)]] : [];
  });
  return { ...wanted, ...Object.fromEntries(removed) };
}

export function deletedSystem(system: ExistingSystem): Planned {
  const { kind, id, name, labels } = system;
  const drifted = driftOf(labels, describeExistingSystem(system).brief);
  return {
    ...NOTHING,
    action: 'delete',
    kind,
    name,
    id,
    drifted,
    notes: ['Nothing in the system itself changes.'],
    destroys: true,
  };
}
