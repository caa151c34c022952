import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { problemSchema } from './problem-schema.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

export interface Route {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

type ProblemStatus = readonly [status: number, name: string, when: (route: Route) => boolean, description: string];

/** Every status that is not a success, and when operations answer it. What they need not say is left out. */
const PROBLEMS: readonly ProblemStatus[] = [
  [400, 'BadRequest', isKeyed, 'Path, query, headers or body are not of the form described here.'],
  [401, 'Unauthenticated', isKeyed, 'No valid API key.'],
  [403, 'Forbidden', isKeyed, 'The scope of the API key is too small.'],
  [404, 'NotFound', ({ path }) => path.includes('{'), 'There is no such resource in the workspace of the API key.'],
  [409, 'Conflict', isWrite, 'It conflicts with the current state, or the same request is being carried out.'],
  [412, 'Stale', hasParameter('If-Match'), 'The resource has changed since it was read.'],
  [413, 'TooLarge', hasBody, 'The body is too large.'],
  [415, 'UnsupportedMedia', hasBody, 'The body is not JSON.'],
  [422, 'NotPossible', ({ method }) => method !== 'get' && method !== 'delete', 'It was understood, but cannot work as it is.'],
  [428, 'PreconditionRequired', hasParameter('If-Match'), 'If-Match is missing.'],
  [429, 'RateLimited', isKeyed, 'The API key asks too often; see Retry-After.'],
  [500, 'Fault', () => true, 'A fault of Millrace.'],
  [503, 'Unavailable', () => true, 'Something needed is away; see Retry-After.'],
  [504, 'Timeout', isKeyed, 'A worker or Temporal took too long to answer.'],
];

/** Adds to an operation each problem it may answer with, instead of one `default` for all that programs would have to guess. */
export function addProblems(route: Route, more: readonly number[] = []): void {
  const { responses } = route.operation;
  for (const [status, name, when] of PROBLEMS)
    if (when(route) || more.includes(status)) responses[status] ??= { $ref: `#/components/responses/${name}` };
}

/** What {@link addProblems} refers to. */
export function problemResponses(): Record<string, { description: string; content: Record<string, object> }> {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(PROBLEMS.map(([, name, , description]) => [name, { description, content }]));
}

export function problemComponent(): Record<string, unknown> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(problemSchema);
  return schema;
}

function isKeyed({ operation }: Route): boolean {
  return operation.security !== undefined;
}

function isWrite({ method }: Route): boolean {
  return method !== 'get';
}

function hasBody({ operation }: Route): boolean {
  return operation.requestBody !== undefined;
}

function hasParameter(name: string): (route: Route) => boolean {
  return ({ operation }) => operation.parameters?.some((parameter) => 'name' in parameter && parameter.name === name) === true;
}
