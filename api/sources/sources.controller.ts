import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CheckResult } from '../../connectors/sdk/types.js';
import type { Catalog } from '../../schema/types.js';
import { type Deletion, deletionSchema } from '../archive/archive.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe, HonoursIfMatch } from '../openapi/describe.js';
import { catalogSchema, checkResultSchema } from '../systems/probe-schemas.js';
import {
  createSystemSchema,
  patchSystemSchema,
  systemListSchema,
  systemSchema,
  type CreateSystem,
  type SystemChange,
  type SystemList,
  type SystemView,
} from '../systems/system-schemas.js';
import type { SystemService } from '../systems/system-service.js';
import { SOURCES } from '../tokens.js';

@ApiTags('sources')
@Controller('v1/sources')
export class SourcesController {
  constructor(@Inject(SOURCES) private readonly sources: SystemService) {}

  @Post()
  @Describe(
    'createSource',
    'Configure a source',
    'The configuration is validated, but the other system is not contacted: see check.',
  )
  @Answers(201, systemSchema)
  create(@Caller() caller: Principal, @Body({ schema: createSystemSchema }) body: CreateSystem): Promise<Answer<SystemView>> {
    return this.sources.create(caller, body);
  }

  @Get()
  @RequireScope('read')
  @Describe('listSources', 'List sources')
  @Answers(200, pageSchema(systemSchema))
  list(@Caller() caller: Principal, @Query({ schema: systemListSchema }) query: SystemList): Promise<Page<Partial<SystemView>>> {
    return this.sources.list(caller, query);
  }

  @Get(':id')
  @RequireScope('read')
  @Describe('getSource', 'Read a source')
  @Answers(200, systemSchema)
  get(@Caller() caller: Principal, @Param('id', new IdPipe('source')) id: string): Promise<Answer<SystemView>> {
    return this.sources.get(caller, id);
  }

  @Put(':id')
  @Describe('replaceSource', 'Replace a source', 'Secrets that are left out, or sent as {"set": true}, stay.')
  @HonoursIfMatch()
  @Answers(200, systemSchema)
  replace(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('source')) id: string,
    @Body({ schema: createSystemSchema }) body: CreateSystem,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<SystemView>> {
    return this.sources.change(caller, id, body, ifMatch);
  }

  @Patch(':id')
  @Describe('changeSource', 'Change some fields of a source')
  @HonoursIfMatch()
  @Answers(200, systemSchema)
  change(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('source')) id: string,
    @Body({ schema: patchSystemSchema }) body: SystemChange,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<SystemView>> {
    return this.sources.change(caller, id, body, ifMatch);
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe(
    'deleteSource',
    'Delete a source',
    'Refused while a connection uses it. It can be restored for MILLRACE_RESTORE_WINDOW.',
  )
  @HonoursIfMatch()
  @Answers(204)
  remove(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('source')) id: string,
    @Query({ schema: deletionSchema }) { forever }: Deletion,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<void> {
    return this.sources.remove(caller, id, { forever, ifMatch });
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Describe('restoreSource', 'Restore a deleted source', 'What is not deleted stays as it is.')
  @Answers(200, systemSchema)
  restore(@Caller() caller: Principal, @Param('id', new IdPipe('source')) id: string): Promise<Answer<SystemView>> {
    return this.sources.restore(caller, id);
  }

  @Post(':id/check')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'checkSource',
    'Try to reach a source',
    'Answers with facts about the other system, or with a problem that says what is wrong.',
  )
  @Answers(200, checkResultSchema)
  check(@Caller() caller: Principal, @Param('id', new IdPipe('source')) id: string): Promise<CheckResult> {
    return this.sources.check(caller, id);
  }

  @Post(':id/discover')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe('discoverSource', 'List the streams of a source with their fields and keys')
  @Answers(200, catalogSchema)
  discover(@Caller() caller: Principal, @Param('id', new IdPipe('source')) id: string): Promise<Catalog> {
    return this.sources.discover(caller, id);
  }
}
