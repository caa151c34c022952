/**
 * Writes the types of the client from docs/openapi.json: `node dist/client/generate.js [folder]`. A test fails when the
 * committed ones are not these.
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Schema, docOf, propertyName, typeOf } from './schema-types.js';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const BINARY = 'application/octet-stream';

const HEADER = `/* oxlint-disable max-lines */
/**
 * Made from docs/openapi.json by \`node dist/client/generate.js\`; not to be edited.
 * @module
 */
`;

/** The types of everything that goes over the wire. */
export function schemasText({ components }: ApiDocument): string {
  const types = Object.entries(components.schemas).map(
    ([name, schema]) => `${docOf(schema.description, '')}export type ${name} = ${typeOf(schema, '')};\n`,
  );
  return `${HEADER}\n${types.join('\n')}`;
}

/** Input and answer of each operation, and the route behind it. */
export function operationsText(document: ApiDocument): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const types = all.map(({ operation }) => operationType(operation));
  const routes = all.map(({ path, method, operation }) => routeLine(path, method, operation));
  const text = `export interface Operations {\n${types.join('')}}\n\nexport const ROUTES = {\n${routes.join('')}} as const;\n`;
  return `${HEADER}${importsOf(text, Object.keys(document.components.schemas))}\n${text}`;
}

function importsOf(text: string, schemas: readonly string[]): string {
  const used = schemas.filter((name) => new RegExp(`(?<![\\w'.])${name}(?![\\w'])`).test(text));
  return `import type {\n${used.map((name) => `  ${name},\n`).join('')}} from './schemas.js';\n`;
}

function operationType(operation: Operation): string {
  const inputs = [...(operation.parameters ?? []).map(parameterLine), ...bodyLine(operation)];
  const isOptional = !inputs.some((line) => line.required);
  const input = inputs.length === 0 ? 'Record<never, never>' : `{\n${inputs.map(({ text }) => text).join('')}    }`;
  const doc = docOf([operation.summary, operation.description].filter(Boolean).join('. '), '  ');
  return `${doc}  readonly ${operation.operationId}: {
    readonly input: ${input};
    readonly inputRequired: ${!isOptional};
    readonly answer: ${answerOf(operation)};
  };\n`;
}

interface InputLine {
  readonly text: string;
  readonly required: boolean;
}

function parameterLine({ name, required = false, description, schema }: Parameter): InputLine {
  const doc = docOf(description ?? schema.description, '      ');
  const text = `${doc}      readonly ${propertyName(inputName(name))}${required ? '' : '?'}: ${typeOf(schema, '      ')};\n`;
  return { text, required };
}

/** `Idempotency-Key` is given as `idempotencyKey`. */
function inputName(name: string): string {
  const words = name.split('-');
  if (words.length === 1) return name;
  return words.map((word, at) => (at === 0 ? word.toLowerCase() : word)).join('');
}

function bodyLine({ requestBody }: Operation): readonly InputLine[] {
  if (takesFile(requestBody))
    return [{ text: '      readonly body: ReadableStream<Uint8Array> | Blob | Uint8Array;\n', required: true }];
  const schema = requestBody?.content['application/json']?.schema;
  if (!schema) return [];
  const required = requestBody?.required ?? false;
  return [{ text: `      readonly body${required ? '' : '?'}: ${typeOf(schema, '      ')};\n`, required }];
}

function takesFile(requestBody: Operation['requestBody']): boolean {
  return requestBody !== undefined && BINARY in requestBody.content;
}

function answerOf({ responses }: Operation): string {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const content = good[0]?.[1].content;
  if (!content) return 'undefined';
  const json = content['application/json'];
  return json ? typeOf(json.schema, '    ') : 'ReadableStream<Uint8Array>';
}

function routeLine(path: string, method: string, { operationId, parameters = [], responses, requestBody }: Operation): string {
  const names = (place: Parameter['in']): string =>
    `[${parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name }) => `'${name}'`)
      .join(', ')}]`;
  const isFile = answerOf({ operationId, responses } as Operation) === 'ReadableStream<Uint8Array>';
  return `  ${operationId}: { method: '${method}', path: '${path}', query: ${names('query')}, headers: ${names('header')}, file: ${isFile}${takesFile(requestBody) ? ', takesFile: true' : ''} },\n`;
}

export function readDocument(): ApiDocument {
  const isBuilt = import.meta.url.includes('/dist/');
  const file = new URL(isBuilt ? '../../docs/openapi.json' : '../docs/openapi.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as ApiDocument;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? 'client/generated';
  writeFileSync(join(folder, 'schemas.ts'), schemasText(readDocument()));
  writeFileSync(join(folder, 'operations.ts'), operationsText(readDocument()));
}
