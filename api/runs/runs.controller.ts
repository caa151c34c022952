import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { ClientGone, waitQuerySchema, type WaitQuery } from '../http/wait.js';
import { Answers, Describe } from '../openapi/describe.js';
import { RUNS } from '../tokens.js';
import {
  runQuerySchema,
  runSchema,
  runStreamSchema,
  runSummarySchema,
  type RunQuery,
  type RunStreamView,
  type RunSummaryView,
  type RunView,
} from './run-schemas.js';
import type { RunService } from './run-service.js';

@ApiTags('runs')
@Controller('v1/runs')
export class RunsController {
  constructor(@Inject(RUNS) private readonly runs: RunService) {}

  @Get()
  @RequireScope('read')
  @Describe('listRuns', 'List runs, newest first')
  @Answers(200, pageSchema(runSummarySchema))
  list(@Caller() caller: Principal, @Query({ schema: runQuerySchema }) query: RunQuery): Promise<Page<RunSummaryView>> {
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
}
