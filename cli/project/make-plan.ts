/**
 * `millrace plan`: from a folder and an API to a plan.
 * @module
 */
import type { Client, Connector } from '../../client/index.js';
import { type FieldError, MillraceError } from '../../platform/errors/error.js';
import { compare } from './compare.js';
import type { Ends } from './compared.js';
import { type DesiredSystem, checkSystem, connectionProblems } from './desired.js';
import { type Existing, etagOf, readExisting } from './existing.js';
import type { Environment } from './files/interpolate.js';
import { type ConnectionEntry, type ProjectFiles, invalidProject, readProject } from './files/read-project.js';
import { withOutlooks } from './outlooks.js';
import { type Plan, type Planned, planHash } from './plan.js';

export interface PlanOptions {
  readonly folder: string;
  readonly environment: Environment;
  readonly updateSecrets: boolean;
}

/** A plan with what carries it out, which is not to be shown: it holds secrets. */
export interface MadePlan {
  readonly plan: Plan;
  readonly steps: readonly Planned[];
  readonly ends: Ends;
}

/** @throws MillraceError `project.invalid`, `project.conflict` with the place of every mistake */
export async function makePlan(api: Client, { folder, environment, updateSecrets }: PlanOptions): Promise<MadePlan> {
  const files = readProject(folder, environment);
  const [{ data: connectors }, existing] = await Promise.all([api.listConnectors(), readExisting(api)]);
  const systems = checkFiles(files, connectors, existing);
  const desired = { project: files.name, systems, connections: files.connections, updateSecrets };
  const { steps: compared, ends, uncompared, problems } = compare(desired, existing);
  if (problems.length > 0) throw refused(problems);
  const steps = await withOutlooks(api, await withEtags(api, compared, existing), existing);
  const shown = steps.map(({ system: _system, connection: _connection, ...step }) => step);
  const hash = planHash(files.name, shown);
  return { plan: { project: files.name, hash, steps: shown, uncompared, warnings: files.warnings }, steps, ends };
}

function checkFiles(files: ProjectFiles, connectors: readonly Connector[], existing: Existing): readonly DesiredSystem[] {
  const checked = files.systems.map((entry) => checkSystem(entry, connectors));
  const ofSource = sourceConnectors(files, connectors, existing);
  const problems = [
    ...checked.flatMap((one) => one.problems),
    ...files.connections.flatMap((entry) => connectionProblems(entry, ofSource(entry))),
  ];
  if (problems.length > 0) throw invalidProject(problems);
  return checked.map(({ found }) => found);
}

/** Of the project's own source, or of one that is there already. */
function sourceConnectors({ systems }: ProjectFiles, connectors: readonly Connector[], existing: Existing) {
  const idOf = (name: string): string | undefined =>
    [...systems, ...existing.systems].find((system) => system.kind === 'source' && system.name === name)?.connector;
  return ({ source }: ConnectionEntry): Connector | undefined =>
    connectors.find(({ kind, id }) => kind === 'source' && id === idOf(source));
}

async function withEtags(api: Client, steps: readonly Planned[], existing: Existing): Promise<readonly Planned[]> {
  const resources = new Map([...existing.systems, ...existing.connections].map((resource) => [resource.id, resource]));
  const tagged: Planned[] = [];
  for (const step of steps) {
    const resource = resources.get(step.id ?? '');
    tagged.push(resource ? { ...step, etag: await etagOf(api, step.kind, resource) } : step);
  }
  return tagged;
}

function refused(problems: readonly FieldError[]): MillraceError {
  const { message, fields = [] } = invalidProject(problems);
  if (!problems.every(({ code }) => code === 'conflict')) return invalidProject(problems);
  return new MillraceError('project.conflict', { detail: message, fields });
}
