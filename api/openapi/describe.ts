import { applyDecorators } from '@nestjs/common';
import { ApiExtension, ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';

type Decorator = MethodDecorator & ClassDecorator;

/** A route's name and what it is for. */
export function Describe(operationId: string, summary: string, description?: string): Decorator {
  return applyDecorators(
    ApiOperation({ operationId, summary, ...(description === undefined ? {} : { description }) }),
  ) as Decorator;
}

const MEANING: Readonly<Record<number, string>> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted; it goes on.',
  204: 'Done, nothing to say.',
  503: 'Not ready.',
};

/** The answer when all went well. Errors are the same everywhere, see document.ts. */
export function Answers(status: number, standardSchema?: z.ZodType, description = MEANING[status] ?? ''): Decorator {
  return applyDecorators(ApiResponse({ status, description, ...(standardSchema ? { standardSchema } : {}) })) as Decorator;
}

/** Marks a route whose body may be left out altogether; document.ts turns it into `required: false`. */
export const OPTIONAL_BODY = 'x-optional-body';
export const BodyMayBeMissing = (): Decorator => applyDecorators(ApiExtension(OPTIONAL_BODY, true)) as Decorator;

/** Problems that a route may answer beside those that routes like it do, such as 404 for what its path does not name. */
export const MAY_ANSWER = 'x-may-answer';
export const MayAnswer = (...statuses: readonly number[]): Decorator =>
  applyDecorators(ApiExtension(MAY_ANSWER, statuses)) as Decorator;

export const HonoursIfMatch = (): Decorator =>
  applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: true,
      description: 'The ETag that was read, or *. 428 without it; 412 when the resource has changed since.',
    }),
  ) as Decorator;

/** Every POST takes it; document.ts adds it where a route does not say so itself. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
  description:
    'Repeat the request with the same key when its outcome is unknown: it is carried out once, and answered again for 24 h.',
} as const;

export const HonoursIdempotencyKey = (): Decorator => applyDecorators(ApiHeader(IDEMPOTENCY_KEY)) as Decorator;
