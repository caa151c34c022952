/**
 * `millrace apply`: carries out a plan, each step only if what it touches is still as the plan saw it.
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { Client, Input } from '../../client/index.js';
import { type ErrorDetails, MillraceError, errorText, isMillraceError } from '../../platform/errors/error.js';
import { asMillraceError } from '../api.js';
import { type Kind, operationsOf } from './existing.js';
import type { MadePlan } from './make-plan.js';
import type { Ends } from './compared.js';
import type { ConnectionWrite, Planned, Step, SystemWrite } from './plan.js';
import { SETTINGS } from './settings.js';

/** One request of a plan. What is replaced takes two. */
export interface Work {
  readonly does: 'create' | 'update' | 'delete';
  readonly step: Planned;
}

/**
 * What is new before what needs it, what goes after what used it. A connection that is replaced goes before the new one comes,
 * because both want the same targets; a system after it, because connections still use the old one.
 */
export function workOf(steps: readonly Planned[]): readonly Work[] {
  const pick = (of: 'system' | 'connection', does: Work['does'], actions: readonly Step['action'][]): readonly Work[] =>
    steps
      .filter(({ action, kind }) => actions.includes(action) && (kind === 'connection') === (of === 'connection'))
      .map((step) => ({ does, step }));
  return [
    ...pick('system', 'create', ['create', 'replace']),
    ...pick('system', 'update', ['update']),
    ...pick('connection', 'delete', ['delete', 'replace']),
    ...pick('connection', 'update', ['update']),
    ...pick('connection', 'create', ['create', 'replace']),
    ...pick('system', 'delete', ['delete', 'replace']),
  ];
}

export interface Applied {
  readonly does: Work['does'];
  readonly kind: Kind;
  readonly name: string;
  readonly id: string;
}

/**
 * @returns what was done, in order
 * @throws MillraceError the first failure; `project.partly_applied` with what was done and what was not, when something was
 */
export async function applyPlan(api: Client, made: MadePlan, onDone: (done: Applied) => void): Promise<readonly Applied[]> {
  const all = workOf(made.steps);
  const names = new Names(made.ends);
  const applied: Applied[] = [];
  for (const work of all) {
    try {
      const { kind, name } = work.step;
      const id = await carryOut(api, work, names);
      if (kind !== 'connection' && work.does === 'create') names.set(kind, name, id);
      applied.push({ does: work.does, kind, name, id });
      onDone({ does: work.does, kind, name, id });
    } catch (cause) {
      throw stopped(cause, { applied, work, left: all.slice(applied.length + 1) });
    }
  }
  return applied;
}

/** Which id a name of a source or destination has by now. */
class Names {
  readonly #ids: ReadonlyMap<Kind, Map<string, string | undefined>>;

  constructor({ source, destination }: Ends) {
    this.#ids = new Map([
      ['source', new Map(source)],
      ['destination', new Map(destination)],
    ]);
  }

  set(kind: Kind, name: string, id: string): void {
    this.#ids.get(kind)?.set(name, id);
  }

  get(kind: Kind, name: string): string {
    const id = this.#ids.get(kind)?.get(name);
    if (id !== undefined) return id;
    throw new MillraceError('engine.internal', { detail: `Nobody knows the id of the ${kind} ${name}.` });
  }
}

/** @returns the id of what was made, changed or deleted */
async function carryOut(api: Client, { does, step }: Work, names: Names): Promise<string> {
  if (does === 'delete') return remove(api, step);
  if (step.system) return does === 'create' ? createSystem(api, step, step.system) : changeSystem(api, step, step.system);
  if (!step.connection) throw new MillraceError('engine.internal', { detail: `There is nothing to send for ${step.name}.` });
  return does === 'create'
    ? createConnection(api, step, { write: step.connection, names })
    : changeConnection(api, step, step.connection);
}

async function remove(api: Client, { kind, id = '', etag: ifMatch = '' }: Step): Promise<string> {
  await operationsOf(api, kind).remove({ id, ifMatch });
  return id;
}

async function createSystem(api: Client, { kind, name }: Step, write: SystemWrite): Promise<string> {
  const { connector, config = {}, labels } = write;
  const create = kind === 'source' ? api.createSource : api.createDestination;
  return (await create({ body: { name, connector, config, labels }, idempotencyKey: randomUUID() })).id;
}

async function changeSystem(api: Client, { kind, id = '', etag: ifMatch = '' }: Step, write: SystemWrite): Promise<string> {
  const change = kind === 'source' ? api.changeSource : api.changeDestination;
  const { labels, config } = write;
  return (await change({ id, ifMatch, body: { labels, ...(config && { config }) } })).id;
}

interface NewConnection {
  readonly write: ConnectionWrite;
  readonly names: Names;
}

/** One key for all attempts of one request, so that a lost answer makes no second connection. */
async function createConnection(api: Client, { name }: Step, { write, names }: NewConnection): Promise<string> {
  const { settings, labels, source, destination } = write;
  const ends = { sourceId: names.get('source', source), destinationId: names.get('destination', destination) };
  const body = { name, ...(settings as SettingsInput), ...ends, labels };
  return (await api.createConnection({ body, idempotencyKey: randomUUID() })).id;
}

/** Only the settings that change are sent: others keep what they are, and no new version is made for labels. */
async function changeConnection(
  api: Client,
  { id = '', etag: ifMatch = '', changes }: Step,
  { settings, labels }: ConnectionWrite,
): Promise<string> {
  const changed = SETTINGS.filter((field) =>
    changes.some(({ path }) => path === field || new RegExp(`^${field}[.[]`).test(path)),
  );
  const body = { ...(Object.fromEntries(changed.map((field) => [field, settings[field]])) as Partial<SettingsInput>), labels };
  return (await api.changeConnection({ id, ifMatch, body })).id;
}

/** The client writes optional fields without undefined; JSON leaves them out. */
type SettingsInput = Omit<Input<'createConnection'>['body'], 'name' | 'sourceId' | 'destinationId' | 'labels'>;

interface Stop {
  readonly applied: readonly Applied[];
  readonly work: Work;
  readonly left: readonly Work[];
}

const DONE = { create: 'created', update: 'changed', delete: 'deleted' } as const;

/** What went wrong, and how far the plan had come. */
function stopped(cause: unknown, { applied, work, left }: Stop): unknown {
  const error = asMillraceError(cause);
  const { kind, name } = work.step;
  const why = isMillraceError(error, 'request.stale') ? 'it was changed after the plan was made.' : errorText(error);
  const what = `The ${kind} ${name} was not ${DONE[work.does]}: ${why}`;
  if (!isMillraceError(error)) return error;
  const fields = error.fields && { fields: error.fields };
  if (applied.length === 0) return new MillraceError(error.code, { ...restOf(error), detail: what, ...fields });
  const done = applied.map((one) => `${one.kind} ${one.name} ${DONE[one.does]}`).join(', ');
  const open = left.map(({ does, step }) => `${step.kind} ${step.name} not ${DONE[does]}`).join(', ');
  const detail = [sentence(what), sentence(`Done before: ${done}`), open && sentence(`Not begun: ${open}`)]
    .filter(Boolean)
    .join('\n');
  return new MillraceError('project.partly_applied', { detail, ...fields, facts: { code: error.code }, cause: error });
}

function restOf({ suggestion, facts }: MillraceError): Pick<ErrorDetails, 'suggestion' | 'facts'> {
  return { suggestion, ...(facts && { facts }) };
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
