import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { BINARY } from '../uploads/binary-body.js';
import { SCOPE_EXTENSION } from '../auth/scope.js';
import { IDEMPOTENCY_KEY, MAY_ANSWER, OPTIONAL_BODY } from './describe.js';
import { type Route, addProblems, problemComponent, problemResponses } from './problem-responses.js';
import { convertZodSchema } from './schema-converter.js';

const OPEN_TAGS = ['health', 'documentation'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type Mark = typeof OPTIONAL_BODY | typeof MAY_ANSWER;
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
  const { schemas, ...components } = document.components ?? {};
  document.components = { ...components, responses: problemResponses(), schemas: { ...schemas, Problem: problemComponent() } };
  for (const route of routes(document)) describeCommonParts(route);
  return sortedComponents(document);
}

function routes(document: OpenAPIObject): readonly Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, method, operation }] : [];
    }),
  );
}

function describeCommonParts(route: Route): void {
  const { method, operation } = route;
  if (!operation.tags?.some((tag) => OPEN_TAGS.includes(tag))) requireKey(operation);
  if (takeMark(operation, OPTIONAL_BODY) && operation.requestBody && 'content' in operation.requestBody)
    operation.requestBody.required = false;
  if (method === 'post' && !takesFile(operation)) takeIdempotencyKey(operation);
  addProblems(route, takeMark(operation, MAY_ANSWER) as readonly number[] | undefined);
}

function takeIdempotencyKey(operation: Operation): void {
  const parameters = operation.parameters ?? [];
  if (parameters.some((parameter) => 'name' in parameter && parameter.name === IDEMPOTENCY_KEY.name)) return;
  operation.parameters = [...parameters, { ...IDEMPOTENCY_KEY, in: 'header' }];
}

function requireKey(operation: Operation & { [SCOPE_EXTENSION]?: string }): void {
  operation.security = [{ apiKey: [] }];
  operation[SCOPE_EXTENSION] ??= 'admin'; // as the guard does
}

function takesFile({ requestBody }: Operation): boolean {
  return requestBody !== undefined && 'content' in requestBody && BINARY in requestBody.content;
}

/** Marks are for this module only: the document does not keep them. */
function takeMark(operation: Operation & { [mark in Mark]?: unknown }, mark: Mark): unknown {
  const marked = operation[mark];
  delete operation[mark];
  return marked;
}

/** The order of components would otherwise follow the order in which routes happen to be scanned. */
function sortedComponents(document: OpenAPIObject): OpenAPIObject {
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...document, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}
