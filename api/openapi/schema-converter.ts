import type { SwaggerDocumentOptions } from '@nestjs/swagger';
import { z } from 'zod';

type Converter = NonNullable<SwaggerDocumentOptions['standardSchemaConverter']>;

interface JsonSchema {
  readonly $schema?: string;
  readonly $defs?: Readonly<Record<string, unknown>>;
  readonly [keyword: string]: unknown;
}

/**
 * zod schemas as JSON Schema 2020-12, which is what OpenAPI 3.1 speaks; by itself the swagger module asks for the dialect
 * of 3.0. A named schema that reads differently as input and as output (defaults) gets a component for each.
 */
export const convertZodSchema: Converter = (schema, { schemaType }) => {
  if (!isZodSchema(schema)) return undefined;
  const { $schema: _dialect, $defs = {}, ...own } = jsonSchema(schema, schemaType);
  const other = jsonSchema(schema, schemaType === 'input' ? 'output' : 'input').$defs ?? {};
  const renamed = schemaType === 'input' ? differing($defs, other) : [];
  return rename({ schema: own, components: { ...$defs } }, renamed);
};

/** By its structure: a connector's schema comes from that package's own zod. */
const isZodSchema = (schema: unknown): schema is z.ZodType => typeof schema === 'object' && schema !== null && '_zod' in schema;

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as JsonSchema;
}

function differing(defs: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(defs).filter((name) => JSON.stringify(defs[name]) !== JSON.stringify(other[name]));
}

interface Converted {
  readonly schema: unknown;
  readonly components: Record<string, unknown>;
}

function rename(converted: Converted, names: readonly string[]): Converted {
  const text = names.reduce(
    (json, name) => json.replaceAll(`"#/$defs/${name}"`, `"#/$defs/${name}Input"`),
    JSON.stringify(converted),
  );
  const { schema, components } = JSON.parse(text) as Converted;
  const named = Object.entries(components).map(
    ([name, definition]) => [names.includes(name) ? `${name}Input` : name, definition] as const,
  );
  return { schema, components: Object.fromEntries(named) };
}
