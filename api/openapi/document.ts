import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { SCOPE_EXTENSION } from '../auth/scope.js';
import { IDEMPOTENCY_KEY, OPTIONAL_BODY } from './describe.js';
import { problemSchema } from './problem-schema.js';
import { convertZodSchema } from './schema-converter.js';

const OPEN_TAGS = ['health', 'documentation'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** The OpenAPI 3.1 document of the running routes; docs/openapi.json is this, committed. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Millrace')
    .setDescription('Durable ELT: sources, destinations, connections and their runs.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key: mrk_…' }, 'apiKey')
    .build();
  const document = SwaggerModule.createDocument(app, config, { standardSchemaConverter: convertZodSchema });
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: problemComponent() } };
  for (const operation of operations(document)) describeCommonParts(operation);
  for (const { post } of Object.values(document.paths)) if (post) takeIdempotencyKey(post);
  return sortedComponents(document);
}

function operations(document: OpenAPIObject): readonly Operation[] {
  return Object.values(document.paths).flatMap((path) => METHODS.flatMap((method) => path[method] ?? []));
}

function describeCommonParts(operation: Operation): void {
  if (!operation.tags?.some((tag) => OPEN_TAGS.includes(tag))) requireKey(operation);
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  if (isMarkedOptional(operation) && operation.requestBody && 'content' in operation.requestBody)
    operation.requestBody.required = false;
  operation.responses['default'] = { description: 'A problem.', content };
}

function takeIdempotencyKey(operation: Operation): void {
  const { name, required, description } = IDEMPOTENCY_KEY;
  const parameters = operation.parameters ?? [];
  if (parameters.some((parameter) => 'name' in parameter && parameter.name === name)) return;
  operation.parameters = [...parameters, { name, required, description, in: 'header', schema: { type: 'string' } }];
}

function requireKey(operation: Operation & { [SCOPE_EXTENSION]?: string }): void {
  operation.security = [{ apiKey: [] }];
  operation[SCOPE_EXTENSION] ??= 'admin'; // as the guard does
}

function isMarkedOptional(operation: Operation & { [OPTIONAL_BODY]?: boolean }): boolean {
  const marked = operation[OPTIONAL_BODY] === true;
  delete operation[OPTIONAL_BODY];
  return marked;
}

function problemComponent(): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(problemSchema);
  return schema;
}

/** The order of components would otherwise follow the order in which routes happen to be scanned. */
function sortedComponents(document: OpenAPIObject): OpenAPIObject {
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}
