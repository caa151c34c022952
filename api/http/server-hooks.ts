import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../platform/errors/error.js';

/** What happens to every request before any route is known. */

const ACCEPTED = /^[\w.:-]{1,128}$/;

/** The client's own id when it is one that may stand in headers and logs, a new one otherwise. */
export function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && ACCEPTED.test(given) ? given : `req_${randomUUID()}`;
}

export function echoRequestId(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('X-Request-Id', request.id);
    done();
  });
}

export function securityHeaders(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    done();
  });
}

/** Else a client that was answered while the server closes keeps its connection, and with it the server, open. */
export function hangUpWhenClosing(server: FastifyInstance, closing: AbortSignal): void {
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing.aborted) void reply.header('Connection', 'close');
    done();
  });
}

/** Many clients send `Content-Type: application/json` with every request, also when there is nothing to say. */
export function acceptJsonOnly(app: NestFastifyApplication, bodyLimit: number): void {
  app.getHttpAdapter().getInstance().removeContentTypeParser('text/plain');
  app.useBodyParser('application/json', { bodyLimit }, (_request, body, done) => {
    const text = body.toString('utf8');
    if (text.trim() === '') return done(null, undefined);
    try {
      done(null, JSON.parse(text));
    } catch (cause) {
      done(new MillraceError('request.invalid', { detail: 'The body is not valid JSON.', suggestion: 'Send JSON.', cause }));
    }
  });
}
