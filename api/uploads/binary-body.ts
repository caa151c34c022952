import type { Readable } from 'node:stream';
import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../platform/errors/error.js';

export const BINARY = 'application/octet-stream';

/** A route whose body is a file: the handler gets it as a stream. */
export const TakesFile = (): MethodDecorator =>
  applyDecorators(ApiConsumes(BINARY), ApiBody({ required: true, schema: { type: 'string', format: 'binary' } }));

/** Only these paths take a file: everywhere else the body is JSON, and kept in memory. */
export function acceptFiles(server: FastifyInstance, paths: readonly string[]): void {
  server.addContentTypeParser(BINARY, (request, payload, done) => {
    if (paths.includes(request.routeOptions.url ?? '')) return done(null, payload);
    payload.resume();
    done(new MillraceError('request.unsupported_media', { detail: `${request.url.split('?')[0]} takes no file.` }));
  });
}

/** @throws MillraceError `request.unsupported_media` */
export function requireFile(body: unknown): Readable {
  if (typeof body === 'object' && body !== null && 'pipe' in body) return body as Readable;
  throw new MillraceError('request.unsupported_media', {
    detail: 'The body must be the file itself.',
    suggestion: `Send it with Content-Type: ${BINARY}.`,
  });
}
