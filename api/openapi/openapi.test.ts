import { readFile } from 'node:fs/promises';
import type { OpenAPIObject } from '@nestjs/swagger';
import { beforeAll, describe, expect, test } from 'vitest';
import { documentText, offlineDocument } from './offline.js';

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: unknown }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, Answer>>;
}

let document: OpenAPIObject;
let operations: readonly (readonly [string, Operation])[];

beforeAll(async () => {
  document = await offlineDocument();
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, operation as Operation] as const),
  );
});

describe('the OpenAPI document', () => {
  test('is the committed one; write it anew with: node dist/api/openapi/write.js', async () => {
    expect(documentText(document)).toBe(await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8'));
  });

  test('is OpenAPI 3.1 and has the routes of the design', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/connectors/{id}',
        '/v1/sources/{id}/discover',
        '/v1/destinations/{id}/check',
        '/v1/connections/{id}/syncs',
        '/v1/connections/{id}/state',
        '/v1/connections/{id}/streams/{stream}/reset',
        '/v1/runs/{id}/streams',
        '/v1/api-keys',
        '/healthz',
        '/readyz',
      ]),
    );
  });

  test('every operation has a name of its own, a summary, and says what it answers', () => {
    const names = operations.map(([, { operationId }]) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(operations.filter(([, operation]) => !isComplete(operation)).map(([route]) => route)).toEqual([]);
  });

  test('every operation names each status that it may answer', () => {
    const statusesOf = (name: string): string[] => Object.keys(operations.find(([route]) => route === name)?.[1].responses ?? {});
    expect(statusesOf('patch /v1/sources/{id}')).toEqual(
      '200 400 401 403 404 409 412 413 415 422 428 429 500 503 504'.split(' '),
    );
    expect(statusesOf('get /v1/runs')).toEqual('200 400 401 403 429 500 503 504'.split(' '));
    expect(statusesOf('get /healthz')).toEqual('200 500 503'.split(' '));
  });

  test('everything but health needs a key', () => {
    const open = operations.filter(([, { security }]) => !security).map(([route]) => route);
    expect(open.sort()).toEqual(['get /healthz', 'get /readyz']);
  });

  test('every reference leads somewhere', () => {
    const references = documentText(document).match(/#\/components\/\w+\/\w+/g) ?? [];
    const known = Object.entries(document.components ?? {}).flatMap(([kind, named]) =>
      Object.keys(named as object).map((name) => `#/components/${kind}/${name}`),
    );
    expect(references.length).toBeGreaterThan(20);
    expect([...new Set(references)].filter((reference) => !known.includes(reference))).toEqual([]);
  });

  test('a schema with defaults reads differently as input and as output', () => {
    const schemas = document.components?.schemas as Record<string, { required?: string[] }>;
    expect(schemas['StreamConfig']?.required).toContain('dedup');
    expect(schemas['StreamConfigInput']?.required).toEqual(['name', 'mode']);
  });

  test('headers are optional and named once, and so is a body that may be missing', () => {
    const sync = operations.find(([route]) => route === 'post /v1/connections/{id}/syncs')?.[1];
    expect(sync?.parameters?.filter(({ in: place }) => place === 'header')).toMatchObject([
      { name: 'Idempotency-Key', required: false },
    ]);
    expect(sync).toMatchObject({ requestBody: { required: false } });
    expect(documentText(document)).not.toContain('x-optional-body');
  });

  test('query parameters are described one by one', () => {
    const list = operations.find(([route]) => route === 'get /v1/runs')?.[1];
    expect(list?.parameters?.filter(({ in: place }) => place === 'query').map(({ name }) => name)).toEqual([
      'limit',
      'after',
      'sort',
      'fields',
      'connectionId',
      'status',
      'trigger',
      'since',
      'until',
      'include',
    ]);
  });
});

function isComplete({ summary, responses }: Operation): boolean {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const withBody = good.filter(([status]) => status !== '204'); // beside another one, 204 says that there is nothing more
  const described = good.every(
    ([status, { content }]) => status === '204' || Object.values(content ?? {}).some(({ schema }) => schema !== undefined),
  );
  const problems = Object.entries(responses).filter(([status]) => !status.startsWith('2'));
  const areProblems = problems.every(
    ([status, { $ref }]) => $ref?.startsWith('#/components/responses/') || status === '503', // readiness says what is missing
  );
  return Boolean(summary) && good.length > 0 && withBody.length <= 1 && described && problems.length > 0 && areProblems;
}
