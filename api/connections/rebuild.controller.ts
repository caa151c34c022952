import { Controller, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { Answers, Describe } from '../openapi/describe.js';
import { REBUILD } from '../tokens.js';
import { rebuildReportSchema, type RebuildReport } from './rebuild-schemas.js';
import type { RebuildService } from './rebuild-service.js';

@ApiTags('connections')
@Controller('v1/rebuild')
export class RebuildController {
  constructor(@Inject(REBUILD) private readonly service: RebuildService) {}

  @Post()
  @HttpCode(200)
  @Describe(
    'rebuild',
    'Bring back what a lost Temporal database held',
    'Cursors come from the ledgers in the destinations, schedules from the metadata. Where nothing is lost, nothing changes.',
  )
  @Answers(200, rebuildReportSchema)
  rebuild(@Caller() caller: Principal): Promise<RebuildReport> {
    return this.service.rebuild(caller);
  }
}
