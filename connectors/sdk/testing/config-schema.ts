import { z } from 'zod';

interface SchemaNode {
  readonly description?: string;
  readonly secret?: boolean;
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** A field of a configuration, at any depth. */
export interface ConfigField {
  readonly path: string;
  readonly described: boolean;
  readonly secret: boolean;
}

/** Every named field that a configuration may have; `streams[].path` is one of each item of a list. */
export function configFields(config: z.ZodType): readonly ConfigField[] {
  return fieldsOf(z.toJSONSchema(config, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as SchemaNode, '');
}

function fieldsOf(node: SchemaNode, path: string): readonly ConfigField[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const described = (field.description ?? '').trim() !== '';
    return [{ path: at, described, secret: field.secret === true }, ...fieldsOf(field, at)];
  });
  const items = typeof node.items === 'object' ? fieldsOf(node.items, `${path}[]`) : [];
  const alternatives = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((inner) => fieldsOf(inner, path));
  return [...own, ...items, ...alternatives];
}
