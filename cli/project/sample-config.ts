import { isRecord } from '../../platform/secrets/schema-walk.js';
import { variableFor } from './secrets.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Is told of every variable that a sample needs. */
type Note = (variable: string, field: string) => void;

/**
 * A configuration to begin with, by the schema that editors use: what is required, or else the first secret, which is how a
 * system is reached. Secrets are variables.
 */
export function sampleConfig(schema: JsonSchema, system: string, note: Note): Readonly<Record<string, unknown>> {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  const first = Object.keys(properties).filter((name) => isSecret(properties[name] ?? {}));
  const names = required.length > 0 ? required : first.slice(0, 1);
  return Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? {}, [name], { system, note })]));
}

interface Context {
  readonly system: string;
  readonly note: Note;
}

function sample(schema: JsonSchema, path: readonly (string | number)[], context: Context): unknown {
  if (isSecret(schema)) {
    const variable = variableFor(context.system, path);
    context.note(variable, path.join('.'));
    return `\${${variable}}`;
  }
  const { examples, default: usual, const: constant, enum: choices, anyOf, items } = schema;
  const [given] = [...listOf(examples), usual, constant, ...listOf(choices)].filter((value) => value !== undefined);
  if (given !== undefined) return given;
  const [alternative] = listOf(anyOf);
  if (isRecord(alternative)) return sample(alternative, path, context);
  if (isRecord(items)) return [sample(items, [...path, 0], context)];
  return ofType(schema, path, context);
}

function ofType(schema: JsonSchema, path: readonly (string | number)[], context: Context): unknown {
  const { type, properties, required } = schema;
  if (type === 'integer' || type === 'number') return schema['minimum'] ?? 1;
  if (type === 'boolean') return false;
  if (!isRecord(properties)) return 'example';
  const fields = listOf(required).map(String);
  return Object.fromEntries(
    fields.map((name) => [name, sample((properties[name] ?? {}) as JsonSchema, [...path, name], context)]),
  );
}

function isSecret({ examples }: JsonSchema): boolean {
  return listOf(examples).includes('${VARIABLE}');
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
