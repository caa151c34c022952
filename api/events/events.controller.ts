import { Controller, Get, Inject, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { ClientGone } from '../http/wait.js';
import { Answers, Describe, MayAnswer } from '../openapi/describe.js';
import { EVENTS } from '../tokens.js';
import { eventStreamSchema, eventsQuerySchema, type EventsQuery } from './event-schemas.js';
import type { EventService } from './event-service.js';
import { EVENT_STREAM_TYPE, type EventStream } from './event-stream.js';
import { LastEventId } from './last-event-id.js';

const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  required: false,
  description: 'The last id that was received: goes on behind it, without gap and without repetition.',
};

@ApiTags('events')
@Controller('v1')
export class EventsController {
  constructor(@Inject(EVENTS) private readonly events: EventService) {}

  @Get('runs/:id/events')
  @RequireScope('read')
  @Describe(
    'watchRun',
    'Follow a run until it ends, as server-sent events',
    'First `snapshot` with the whole run, then `change` with the streams that have changed, at most four a second; `end` is the last.',
  )
  @ApiHeader(LAST_EVENT_ID)
  @ApiProduces('text/event-stream')
  @Answers(200, eventStreamSchema)
  @Answers(204, undefined, 'The run has ended, and Last-Event-ID says that the client knows: it need not come back.')
  async ofRun(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @LastEventId() lastId: number | undefined,
    @ClientGone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const stream = await this.events.ofRun(caller, id, { lastId, gone });
    if (stream) return sent(reply, stream);
    void reply.status(204);
    return undefined;
  }

  @Get('events')
  @RequireScope('read')
  @Describe(
    'watchRuns',
    'Follow the runs of the workspace, or of one connection, as server-sent events',
    'First `snapshot` with the runs that are open, then `change` and `end` of each run, at most four a second a run.',
  )
  @ApiHeader(LAST_EVENT_ID)
  @ApiProduces('text/event-stream')
  @Answers(200, eventStreamSchema)
  @MayAnswer(404)
  async ofRuns(
    @Caller() caller: Principal,
    @Query({ schema: eventsQuerySchema }) { connectionId }: EventsQuery,
    @LastEventId() lastId: number | undefined,
    @ClientGone() gone: AbortSignal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return sent(reply, await this.events.ofRuns(caller, connectionId, { lastId, gone }));
  }
}

/** Proxies would gather what should come at once. */
function sent(reply: FastifyReply, stream: EventStream): StreamableFile {
  void reply.header('X-Accel-Buffering', 'no');
  return new StreamableFile(stream, { type: EVENT_STREAM_TYPE });
}
