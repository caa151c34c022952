import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { ConnectionView as EngineView, FeedState } from '../../workflows/messages.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, BodyMayBeMissing, Describe, HonoursIdempotencyKey } from '../openapi/describe.js';
import { runSchema, type RunView } from '../runs/run-schemas.js';
import { SYNCS } from '../tokens.js';
import { connectionSchema, type ConnectionView } from './connection-schemas.js';
import { connectionStateSchema, feedStateSchema, setStateSchema, type SetStateBody } from './state-schemas.js';
import { pauseBodySchema, requestSyncSchema, type PauseBody, type RequestSyncBody } from './sync-schemas.js';
import type { SyncService } from './sync-service.js';

@ApiTags('connections')
@Controller('v1/connections/:id')
export class SyncsController {
  constructor(@Inject(SYNCS) private readonly syncs: SyncService) {}

  @Post('syncs')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe(
    'requestSync',
    'Run a connection',
    'Joins a run that is already waiting. With `wait`, answers when the run has ended or the time is over.',
  )
  @HonoursIdempotencyKey()
  @BodyMayBeMissing()
  @Answers(202, runSchema)
  request(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: requestSyncSchema }) body: RequestSyncBody,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
    @Headers('Idempotency-Key') idempotencyKey?: string,
  ): Promise<Answer<RunView>> {
    return this.syncs.request(caller, id, { body, idempotencyKey, wait: { limitMs: query.wait ?? 0, clientGone } });
  }

  @Post('pause')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('pauseConnection', 'Pause a connection and its schedule', 'A run that is active goes on; no other starts.')
  @BodyMayBeMissing()
  @Answers(200, connectionSchema)
  pause(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: pauseBodySchema }) body: PauseBody,
  ): Promise<Answer<ConnectionView>> {
    return this.syncs.pause(caller, id, body.note);
  }

  @Post('resume')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('resumeConnection', 'Resume a paused connection and its schedule')
  @Answers(200, connectionSchema)
  resume(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<Answer<ConnectionView>> {
    return this.syncs.resume(caller, id);
  }

  @Post('cancel')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe('cancelConnectionRun', 'Cancel the active run', 'It ends at the next slice edge; what was loaded stays.')
  @Answers(202, runSchema)
  cancel(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
  ): Promise<Answer<RunView>> {
    return this.syncs.cancel(caller, id, { limitMs: query.wait ?? 0, clientGone });
  }

  @Get('state')
  @RequireScope('read')
  @Describe('getState', 'How far each stream was read', 'Asks the workflow, the owner of all cursors.')
  @Answers(200, connectionStateSchema)
  state(@Caller() caller: Principal, @Param('id', new IdPipe('connection')) id: string): Promise<EngineView> {
    return this.syncs.state(caller, id);
  }

  @Put('state')
  @Describe('setState', 'Set how far streams were read', 'Takes what GET gave. Streams that are left out keep their position.')
  @Answers(200, connectionStateSchema)
  setState(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: setStateSchema }) body: SetStateBody,
  ): Promise<EngineView> {
    return this.syncs.setState(caller, id, body);
  }

  @Post('streams/:stream/reset')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('resetStream', 'Read a stream from the start in the next run', 'Other streams keep their position.')
  @Answers(200, feedStateSchema)
  reset(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Param('stream') stream: string,
  ): Promise<FeedState> {
    return this.syncs.resetStream(caller, id, stream);
  }
}
