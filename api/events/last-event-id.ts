import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../../platform/errors/error.js';

const EVENT_ID = /^\d{1,15}$/;

/** The id of the last event that the client has received; undefined when it begins. */
export const LastEventId = createParamDecorator((_data: unknown, context: ExecutionContext): number | undefined => {
  const given = context.switchToHttp().getRequest<FastifyRequest>().headers['last-event-id'];
  if (given === undefined || given === '') return undefined;
  if (typeof given === 'string' && EVENT_ID.test(given)) return Number(given);
  throw new MillraceError('request.invalid', {
    detail: 'Last-Event-ID must be the id of an event of this API.',
    path: 'Last-Event-ID',
    suggestion: 'Send the last id that was received, or leave the header out to begin with a snapshot.',
  });
});
