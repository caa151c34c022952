import { z } from 'zod';

/**
 * Walks a value together with the JSON schema that describes it, to find the fields marked `secret`. Where a schema
 * offers alternatives, a field is secret as soon as one of them says so.
 */

interface SchemaNode {
  readonly secret?: boolean;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly prefixItems?: readonly SchemaNode[];
  readonly items?: SchemaNode | boolean;
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
}

/** Every schema that applies at one place of a value. */
export interface SchemaPlace {
  readonly secret: boolean;
  /** Names of the properties that any of the schemas declares. */
  readonly properties: readonly string[];
  /** Of a value, where a schema gives one. */
  readonly example: unknown;
  at(key: string | number): SchemaPlace;
}

const places = new WeakMap<z.ZodType, SchemaPlace>();

/** The place at the root of `schema`'s input. */
export function schemaPlace(schema: z.ZodType): SchemaPlace {
  const known = places.get(schema);
  if (known) return known;
  const place = jsonSchemaPlace(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  places.set(schema, place);
  return place;
}

/** The same for a JSON schema that came from elsewhere. */
export function jsonSchemaPlace(schema: object): SchemaPlace {
  const root = schema as SchemaNode;
  return placeOf([root], root);
}

/** From the root of a value to one place in it. */
export type Path = readonly (string | number)[];

/** A secret's replacement; the place and the path of it are there for those who need them. */
export type ReplaceSecret = (secret: unknown, place: SchemaPlace, path: Path) => unknown;

/** A copy of `value` in which every secret went through `replace`. */
export function mapSecrets(place: SchemaPlace, value: unknown, replace: ReplaceSecret, path: Path = []): unknown {
  if (value === undefined || value === null) return value;
  if (place.secret) return replace(value, place, path);
  if (Array.isArray(value)) return value.map((item, index) => mapSecrets(place.at(index), item, replace, [...path, index]));
  if (!isRecord(value)) return value;
  return mapRecord(value, (inner, key) => mapSecrets(place.at(key), inner, replace, [...path, key]));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function mapRecord(
  record: Record<string, unknown>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function placeOf(nodes: readonly SchemaNode[], root: SchemaNode): SchemaPlace {
  const all = withAlternatives(nodes, root);
  return {
    secret: all.some((node) => node.secret === true),
    properties: [...new Set(all.flatMap((node) => Object.keys(node.properties ?? {})))],
    example: all.find((node) => node.examples !== undefined)?.examples?.[0],
    at: (key) =>
      placeOf(
        all.flatMap((node) => childNodes(node, key)),
        root,
      ),
  };
}

function withAlternatives(nodes: readonly SchemaNode[], root: SchemaNode): readonly SchemaNode[] {
  const seen = new Set<SchemaNode>();
  const open = [...nodes];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? []), ...referenced(node, root));
  }
  return [...seen];
}

function referenced(node: SchemaNode, root: SchemaNode): readonly SchemaNode[] {
  if (node.$ref === undefined) return [];
  if (node.$ref === '#') return [root];
  const target = root.$defs?.[node.$ref.replace('#/$defs/', '')];
  return target ? [target] : [];
}

function childNodes(node: SchemaNode, key: string | number): readonly SchemaNode[] {
  const child =
    typeof key === 'number' ? (node.prefixItems?.[key] ?? node.items) : (ownProperty(node, key) ?? node.additionalProperties);
  return typeof child === 'object' ? [child] : [];
}

function ownProperty(node: SchemaNode, key: string): SchemaNode | undefined {
  return node.properties && Object.hasOwn(node.properties, key) ? node.properties[key] : undefined;
}
