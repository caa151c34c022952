import { Body, Controller, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, BodyMayBeMissing, Describe, HonoursIdempotencyKey } from '../openapi/describe.js';
import { runSchema, type RunView } from '../runs/run-schemas.js';
import { SYNCS } from '../tokens.js';
import { connectionSchema, type ConnectionView } from './connection-schemas.js';
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
}
