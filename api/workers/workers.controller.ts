import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/scope.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe } from '../openapi/describe.js';
import { WORKERS } from '../tokens.js';
import { workerSchema, type WorkerView } from './worker-schemas.js';
import type { WorkerService } from './worker-service.js';

@ApiTags('workers')
@Controller('v1/workers')
export class WorkersController {
  constructor(@Inject(WORKERS) private readonly workers: WorkerService) {}

  @Get()
  @RequireScope('read')
  @Describe('listWorkers', 'Workers that poll the task queue', 'They work for every workspace of the installation.')
  @Answers(200, pageSchema(workerSchema))
  list(): Promise<Page<WorkerView>> {
    return this.workers.list();
  }
}
