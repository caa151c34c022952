import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toProblem } from '../../platform/errors/problem.js';
import { toMillraceError } from './error-mapping.js';

/** Told of every answer that is our own fault, with the cause that the client does not see. */
export type ReportFault = (requestId: string, error: unknown) => void;

const RETRY_AFTER_SECONDS = '5';

/** Turns whatever was thrown, before or in a route, into `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly reportFault: ReportFault) {}

  /** Nest takes a filter that returns nothing for one that did not handle the error. */
  catch(thrown: unknown, host: ArgumentsHost): FastifyReply {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = toProblem(toMillraceError(thrown), request.id);
    if (problem.status === 500) this.reportFault(request.id, thrown);
    if (problem.status === 503) void reply.header('Retry-After', RETRY_AFTER_SECONDS);
    if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    void reply.header('X-Request-Id', request.id);
    return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}
