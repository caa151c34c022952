import { Controller, Get, Inject, Param, Query, type StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { LOGS } from '../tokens.js';
import { logLineSchema, logQuerySchema, type LogLineView, type LogQuery } from './log-schemas.js';
import type { LogService } from './log-service.js';

@ApiTags('runs')
@Controller('v1/runs')
export class LogsController {
  constructor(@Inject(LOGS) private readonly logs: LogService) {}

  @Get(':id/logs')
  @RequireScope('read')
  @Describe(
    'listRunLogs',
    'What a run did, line by line, oldest first',
    'Without secrets. A line comes a moment after what it tells of; all are there when the run has ended.',
  )
  @ApiProduces('application/json', 'text/plain')
  @Answers(200, pageSchema(logLineSchema))
  ofRun(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('run')) id: string,
    @Query({ schema: logQuerySchema }) query: LogQuery,
  ): Promise<Page<LogLineView> | StreamableFile> {
    return this.logs.ofRun(caller, id, query);
  }
}
