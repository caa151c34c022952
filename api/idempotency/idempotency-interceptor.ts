import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import { httpStatus } from '../../platform/errors/problem.js';
import { principalOf } from '../auth/principal.js';
import { Answer } from '../http/answer.js';
import { toMillraceError } from '../http/error-mapping.js';
import { updateIdOf } from '../http/idempotency.js';
import type { ReportFault } from '../http/problem-filter.js';
import { type Claim, HELD_MS, type IdempotencyStore, type KeptAnswer } from './idempotency-store.js';

/** Carries out a POST with an Idempotency-Key once, and answers it again as it was answered. */
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly reportFault: ReportFault,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const key = request.headers['idempotency-key'];
    const principal = principalOf(request);
    if (request.method !== 'POST' || typeof key !== 'string' || !principal) return next.handle();
    if (request.body instanceof Readable) return next.handle(); // a file has no effect until it is used
    const route = `POST ${request.url.split('?')[0]}`;
    const claim = { id: updateIdOf({ principal: principal.keyId, route }, key), holder: randomUUID() };
    return defer(() => from(this.once(claim, { request, reply: http.getResponse(), next })));
  }

  private async once(
    claim: Claim,
    { request, reply, next }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly next: CallHandler },
  ): Promise<unknown> {
    const kept = await this.store.begin(claim, request.body);
    if (kept) return answerAgain(request, reply, kept);
    const holding = setInterval(() => void this.store.hold(claim).catch(this.report(request)), HELD_MS / 3);
    try {
      const result: unknown = await lastValueFrom(next.handle());
      const answer = result instanceof Answer ? result : new Answer(result, {});
      const { body, headers } = answer;
      await this.store.finish(claim, { status: reply.statusCode, headers, body }).catch(this.report(request));
      return result;
    } catch (error) {
      const refused = httpStatus(toMillraceError(error).code) < 500;
      await (refused ? this.store.forget(claim) : this.store.reopen(claim)).catch(this.report(request));
      throw error;
    } finally {
      clearInterval(holding);
    }
  }

  /** The request itself has ended as it has; a key that stays in flight is given up after a while. */
  private report({ id }: FastifyRequest): (error: unknown) => void {
    return (error) => this.reportFault(id, error);
  }
}

function answerAgain(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: KeptAnswer): Answer<unknown> {
  const id = (body as { readonly id?: unknown } | null)?.id;
  if (typeof id === 'string') principalOf(request)?.audit.note({ resource: id, after: { repeated: true } });
  void reply.status(status);
  return new Answer(body, { ...headers, 'Idempotency-Replayed': 'true' });
}
