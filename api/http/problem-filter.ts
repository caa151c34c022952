import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../../platform/errors/catalogue.js';
import { toProblem } from '../../platform/errors/problem.js';
import { toMillraceError } from './error-mapping.js';

/** Told of every answer that is our own fault or our database's, with the cause that the client does not see. */
export type ReportFault = (requestId: string, error: unknown) => void;

const RETRY_AFTER_SECONDS = '5';

/** The problem that `thrown` is, with the headers that belong to its status. */
export function sendProblem(request: Pick<FastifyRequest, 'id'>, reply: FastifyReply, thrown: unknown): FastifyReply {
  const error = toMillraceError(thrown);
  const problem = toProblem(error, request.id);
  const retryAfter = error.facts?.['retryAfterSeconds'] ?? (problem.status === 503 ? RETRY_AFTER_SECONDS : undefined);
  if (retryAfter !== undefined) void reply.header('Retry-After', String(retryAfter));
  if (problem.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
  void reply.header('X-Request-Id', request.id);
  return reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

/** Turns whatever was thrown, before or in a route, into `application/problem+json`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly reportFault: ReportFault) {}

  /** Nest takes a filter that returns nothing for one that did not handle the error. */
  catch(thrown: unknown, host: ArgumentsHost): FastifyReply {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (isOurFault(thrown)) this.reportFault(request.id, thrown);
    return sendProblem(request, reply, thrown);
  }
}

const OUR_FAULTS: readonly ErrorCode[] = ['engine.internal', 'engine.no_database'];

function isOurFault(thrown: unknown): boolean {
  const { code, status } = toProblem(toMillraceError(thrown), '');
  return status === 500 || OUR_FAULTS.includes(code);
}
