/**
 * What makes an object a connector, told by its structure: it may come from another copy of this package, and its schema
 * from another copy of zod.
 * @module
 */
import { WRITE_MODES } from '../../schema/connection-config.js';
import type { Refusal } from './destination.js';

export type ConnectorKind = 'source' | 'destination';

/** A connector as a module exports it, before anything of it is believed. */
export interface ConnectorExport {
  readonly name: (typeof EXPORTS)[number];
  readonly value: unknown;
}

const EXPORTS = ['default', 'source', 'destination'] as const;
const METHODS = {
  source: ['check', 'discover', 'read'],
  destination: ['check', 'defaultTarget', 'fence', 'standing', 'slicesOfRun', 'load'],
} as const;
const STABILITIES = ['stable', 'beta', 'alpha'];
const REFUSALS: readonly Refusal[] = ['window', 'quarantine'];
const GUARANTEES = ['transactional', 'idempotent', 'at_least_once'];
const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

type Loose = Readonly<Record<string, unknown>>;

/** The connectors that a module offers: its default export, or `source` and `destination`. One object counts once. */
export function connectorExports(module: Loose): readonly ConnectorExport[] {
  const found = EXPORTS.filter((name) => module[name] !== undefined).map((name) => ({ name, value: module[name] }));
  return found.filter(({ value }, index) => found.findIndex((other) => other.value === value) === index);
}

/** Undefined for what has nothing of either. */
export function kindOf(value: unknown): ConnectorKind | undefined {
  const object = asObject(value);
  if ('load' in object || 'fence' in object) return 'destination';
  return 'read' in object || 'discover' in object ? 'source' : undefined;
}

/** What keeps a value from being a connector, in words; nothing when it is one. */
export function definitionFaults(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return ['it is no object made with defineSource or defineDestination'];
  const kind = kindOf(value);
  if (!kind) return ['it has neither discover and read, as a source, nor fence and load, as a destination'];
  const object = asObject(value);
  return [
    ...infoFaults(object),
    ...METHODS[kind].filter((name) => typeof object[name] !== 'function').map((name) => `${name} is no function`),
    ...(kind === 'destination' && !GUARANTEES.includes(String(object['guarantee']))
      ? [`guarantee is none of ${GUARANTEES.join(', ')}`]
      : []),
    ...(kind === 'destination' ? [...listFaults(object, 'modes', WRITE_MODES), ...listFaults(object, 'refuses', REFUSALS)] : []),
  ];
}

/** What is absent has no fault. */
function listFaults(object: Loose, name: 'modes' | 'refuses', known: readonly string[]): readonly string[] {
  const list = object[name];
  if (list === undefined) return [];
  const isList = Array.isArray(list) && list.every((item) => known.includes(String(item)));
  return isList && (name === 'refuses' || list.length > 0) ? [] : [`${name} is no list of ${known.join(', ')}`];
}

function infoFaults({ id, title, stability, config }: Loose): readonly string[] {
  const faults: string[] = [];
  if (typeof id !== 'string' || !ID.test(id)) faults.push('id is no name such as my-system: small letters, digits and hyphens');
  if (typeof title !== 'string' || title.trim() === '') faults.push('title is no text');
  if (!STABILITIES.includes(String(stability))) faults.push(`stability is none of ${STABILITIES.join(', ')}`);
  if (!isSchema(config)) faults.push('config is no schema of zod 4');
  return faults;
}

/** Any copy of zod 4 will do. */
export function isSchema(value: unknown): boolean {
  const schema = asObject(value);
  return typeof schema['_zod'] === 'object' && typeof schema['safeParse'] === 'function' && typeof schema['parse'] === 'function';
}

const asObject = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});
