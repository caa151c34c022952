import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { replayBodySchema, retryBodySchema, type ReplayBody, type RetryBody } from '../connections/sync-schemas.js';
import type { SyncService } from '../connections/sync-service.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, BodyMayBeMissing, Describe, HonoursIdempotencyKey } from '../openapi/describe.js';
import { RUNS, SYNCS } from '../tokens.js';
import {
  runItemSchema,
  runQuerySchema,
  runSchema,
  runStreamSchema,
  type RunItemView,
  type RunQuery,
  type RunStreamView,
  type RunView,
} from './run-schemas.js';
import type { RunService } from './run-service.js';

@ApiTags('runs')
@Controller('v1/runs')
export class RunsController {
  constructor(
    @Inject(RUNS) private readonly runs: RunService,
    @Inject(SYNCS) private readonly syncs: SyncService,
  ) {}

  @Get()
  @RequireScope('read')
  @Describe('listRuns', 'List runs')
  @Answers(200, pageSchema(runItemSchema))
  list(@Caller() caller: Principal, @Query({ schema: runQuerySchema }) query: RunQuery): Promise<Page<Partial<RunItemView>>> {
    return this.runs.list(caller, query);
  }

  @Get(':id')
  @RequireScope('read')
  @Describe('getRun', 'Read a run with its streams', 'With `wait`, answers when the run has ended or the time is over.')
  @Answers(200, runSchema)
  get(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
  ): Promise<RunView> {
    return this.runs.get(caller, id, { limitMs: query.wait ?? 0, clientGone });
  }

  @Get(':id/streams')
  @RequireScope('read')
  @Describe('listRunStreams', 'What became of each stream of a run')
  @Answers(200, pageSchema(runStreamSchema))
  streams(@Caller() caller: Principal, @Param('id', new IdPipe('run')) id: string): Promise<Page<RunStreamView>> {
    return this.runs.streams(caller, id);
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe('cancelRun', 'Cancel a run', 'It ends at the next slice edge; what was loaded stays.')
  @Answers(202, runSchema)
  cancel(@Caller() caller: Principal, @Param('id', new IdPipe('run')) id: string): Promise<RunView> {
    return this.runs.cancel(caller, id);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe(
    'retryRun',
    'Go on where a run ended before its time',
    'A new run with the streams that the old one did not finish; what it had loaded and staged counts.',
  )
  @HonoursIdempotencyKey()
  @BodyMayBeMissing()
  @Answers(202, runSchema)
  retry(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @Body({ schema: retryBodySchema }) body: RetryBody,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
    @Headers('Idempotency-Key') idempotencyKey?: string,
  ): Promise<Answer<RunView>> {
    return this.syncs.retry(caller, id, { body, idempotencyKey, wait: { limitMs: query.wait ?? 0, clientGone } });
  }

  @Post(':id/replay')
  @HttpCode(202)
  @RequireScope('operate')
  @Describe(
    'replayRun',
    'Load what a run had loaded into another destination',
    'From its staged files, which `keepStaged` of the connection keeps; the source is not asked. Once more is not twice.',
  )
  @HonoursIdempotencyKey()
  @Answers(202, runSchema)
  replay(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @Body({ schema: replayBodySchema }) body: ReplayBody,
    @Query({ schema: waitQuerySchema }) query: WaitQuery,
    @ClientGone() clientGone: AbortSignal,
    @Headers('Idempotency-Key') idempotencyKey?: string,
  ): Promise<Answer<RunView>> {
    return this.syncs.replay(caller, id, { body, idempotencyKey, wait: { limitMs: query.wait ?? 0, clientGone } });
  }
}
