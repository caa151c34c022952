import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';
import { etagOf } from './etag.js';

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

/** Sends an `Answer`'s headers and unwraps its body; answers 304 when the client has it already. */
export class AnswerInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next
      .handle()
      .pipe(map((result: unknown) => (result instanceof Answer ? send(http.getRequest(), http.getResponse(), result) : result)));
  }
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Answer<unknown>): unknown {
  void reply.headers({ ...answer.headers });
  const known = request.headers['if-none-match'];
  if (request.method !== 'GET' || known === undefined || known !== answer.headers['ETag']) return answer.body;
  void reply.status(304);
  return undefined;
}
