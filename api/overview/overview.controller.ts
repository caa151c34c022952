import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { Answers, Describe } from '../openapi/describe.js';
import { OVERVIEW } from '../tokens.js';
import { overviewSchema, type OverviewView } from './overview-schemas.js';
import type { OverviewService } from './overview-service.js';

@ApiTags('overview')
@Controller('v1/overview')
export class OverviewController {
  constructor(@Inject(OVERVIEW) private readonly overview: OverviewService) {}

  @Get()
  @RequireScope('read')
  @Describe(
    'getOverview',
    'What a first screen shows: health of connections, late ones, next runs, runs under way, workers and backlog',
    'What only Temporal knows is null while it does not answer.',
  )
  @Answers(200, overviewSchema)
  get(@Caller() caller: Principal): Promise<OverviewView> {
    return this.overview.overview(caller);
  }
}
