import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { contentEtag, etagOf, isKnown } from './etag.js';

/** A body with headers of its own. Handlers return plain bodies where no header is needed. */
export class Answer<T> {
  constructor(
    readonly body: T,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}

/** A resource with its ETag. */
export function tagged<T>(body: T, row: { readonly id: string; readonly revision: number }): Answer<T> {
  return new Answer(body, { ETag: etagOf(row) });
}

/** A new resource, with its ETag and address. */
export function created<T>(body: T, row: { readonly id: string; readonly revision: number }, location: string): Answer<T> {
  return new Answer(body, { ETag: etagOf(row), Location: location });
}

/** Work that goes on after the answer. */
export function accepted<T>(body: T, location: string): Answer<T> {
  return new Answer(body, { Location: location });
}

/**
 * Sends an `Answer`'s headers and unwraps its body. What GET reads of one resource has an ETag, by its content where it has
 * no revision; 304 when the client has it already.
 */
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    return next.handle().pipe(map((result: unknown) => send(request, http.getResponse(), withEtag(request, result))));
  }
}

function withEtag({ method }: FastifyRequest, result: unknown): Answer<unknown> {
  const answer = result instanceof Answer ? result : new Answer(result, {});
  if (method !== 'GET' || answer.headers['ETag'] !== undefined || !isResource(answer.body)) return answer;
  return new Answer(answer.body, { ...answer.headers, ETag: contentEtag(answer.body) });
}

function isResource(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'id' in body;
}

function send(request: FastifyRequest, reply: FastifyReply, { body, headers }: Answer<unknown>): unknown {
  void reply.headers({ ...headers });
  const etag = headers['ETag'];
  if (request.method !== 'GET' || etag === undefined || !isKnown(request.headers['if-none-match'], etag)) return body;
  void reply.status(304);
  return undefined;
}
