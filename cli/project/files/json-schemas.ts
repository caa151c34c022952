/**
 * The JSON Schemas of the files, for editors: `docs/schema/`, made by `npm run docs` and shipped with the package.
 * @module
 */
import { z } from 'zod';
import { isRecord } from '../../../platform/secrets/schema-walk.js';
import { connectionFileSchema, projectFileSchema } from './file-schemas.js';

type JsonSchema = Readonly<Record<string, unknown>>;

/** A connector as the API lists it. */
export interface ConnectorSchema {
  readonly kind: 'source' | 'destination';
  readonly id: string;
  readonly title: string;
  /** JSON Schema of its configuration; secret fields have `secret: true`. */
  readonly config: JsonSchema;
}

const VARIABLE = { type: 'string', pattern: '\\$\\{[A-Za-z_]' } as const;
const SECRET = {
  examples: ['${VARIABLE}', 'env:VARIABLE', 'file:/run/secrets/name'],
  anyOf: [
    { type: 'string', pattern: '^((\\$\\{[A-Za-z_]\\w*\\})+|env:[A-Za-z_]\\w*|file:/.+)$' },
    { type: 'object', properties: { ref: { type: 'string' } }, required: ['ref'], additionalProperties: false },
  ],
} as const;

export function connectionJsonSchema(): JsonSchema {
  return fileSchema(connectionFileSchema);
}

/** With the configuration of every connector of this build, so that editors complete and check it. */
export function projectJsonSchema(connectors: readonly ConnectorSchema[]): JsonSchema {
  const schema = fileSchema(projectFileSchema);
  const properties = schema['properties'] as Record<string, JsonSchema>;
  const kinds = (['source', 'destination'] as const).map((kind) => {
    const systems = properties[`${kind}s`] ?? {};
    const own = connectors.filter((connector) => connector.kind === kind);
    return [`${kind}s`, { ...systems, additionalProperties: systemSchema(systems['additionalProperties'] as JsonSchema, own) }];
  });
  const configs = connectors.map((connector) => [keyOf(connector), open(localConfig(connector))]);
  return { ...schema, properties: { ...properties, ...Object.fromEntries(kinds) }, $defs: Object.fromEntries(configs) };
}

/** `x-…` is for what is used elsewhere in the file. */
function fileSchema(schema: z.ZodType): JsonSchema {
  return { ...open(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema), patternProperties: { '^x-': {} } };
}

const keyOf = ({ kind, id }: ConnectorSchema): string => `${kind}-${id}`;

function localConfig({ config, title }: ConnectorSchema): JsonSchema {
  const { $schema: _, ...rest } = config;
  return { title, ...rest };
}

/** Which fields `config` has depends on the connector. */
function systemSchema(system: JsonSchema, connectors: readonly ConnectorSchema[]): JsonSchema {
  const properties = system['properties'] as Record<string, JsonSchema>;
  const ids = connectors.map(({ id }) => id);
  return {
    ...system,
    properties: { ...properties, connector: { ...properties['connector'], anyOf: [{ enum: ids }, VARIABLE] } },
    allOf: connectors.map((connector) => ({
      if: { properties: { connector: { const: connector.id } } },
      // oxlint-disable-next-line unicorn/no-thenable
      then: { properties: { config: { $ref: `#/$defs/${keyOf(connector)}` } } },
    })),
  };
}

/** Wherever a value stands, a variable may stand; where a secret does, nothing else. */
function open(schema: JsonSchema): JsonSchema {
  const { secret, ...node } = schema;
  if (secret === true) return { ...(node['description'] !== undefined && { description: node['description'] }), ...SECRET };
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, openChildren(key, value)]));
  if (!isNarrow(node)) return inner;
  const { description, default: usual, examples, ...narrow } = inner;
  const outer = Object.entries({ description, default: usual, examples }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(outer), anyOf: [narrow, VARIABLE] };
}

function openChildren(key: string, value: unknown): unknown {
  if (['properties', '$defs', 'patternProperties'].includes(key) && isRecord(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, isRecord(child) ? open(child) : child]));
  }
  if (['anyOf', 'oneOf', 'allOf', 'prefixItems'].includes(key) && Array.isArray(value)) {
    return value.map((child) => (isRecord(child) ? open(child) : child));
  }
  return ['items', 'additionalProperties'].includes(key) && isRecord(value) ? open(value) : value;
}

/** What a text with a variable in it would not pass. `const` tells alternatives from each other, and stays. */
function isNarrow({ type, enum: choices, pattern }: JsonSchema): boolean {
  return ['integer', 'number', 'boolean'].includes(String(type)) || Array.isArray(choices) || typeof pattern === 'string';
}

export const schemaText = (schema: JsonSchema): string => `${JSON.stringify(schema, null, 2)}\n`;
