import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { CheckResult } from '../../connectors/sdk/types.js';
import { type Deletion, deletionSchema } from '../archive/archive.js';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import type { Answer } from '../http/answer.js';
import { IdPipe } from '../http/id-pipe.js';
import { pageSchema, type Page } from '../http/pagination.js';
import { Answers, Describe, HonoursIfMatch } from '../openapi/describe.js';
import { checkResultSchema } from '../systems/probe-schemas.js';
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
import { DESTINATIONS } from '../tokens.js';

@ApiTags('destinations')
@Controller('v1/destinations')
export class DestinationsController {
  constructor(@Inject(DESTINATIONS) private readonly destinations: SystemService) {}

  @Post()
  @Describe(
    'createDestination',
    'Configure a destination',
    'The configuration is validated, but the other system is not contacted: see check.',
  )
  @Answers(201, systemSchema)
  create(@Caller() caller: Principal, @Body({ schema: createSystemSchema }) body: CreateSystem): Promise<Answer<SystemView>> {
    return this.destinations.create(caller, body);
  }

  @Get()
  @RequireScope('read')
  @Describe('listDestinations', 'List destinations')
  @Answers(200, pageSchema(systemSchema))
  list(@Caller() caller: Principal, @Query({ schema: systemListSchema }) query: SystemList): Promise<Page<Partial<SystemView>>> {
    return this.destinations.list(caller, query);
  }

  @Get(':id')
  @RequireScope('read')
  @Describe('getDestination', 'Read a destination')
  @Answers(200, systemSchema)
  get(@Caller() caller: Principal, @Param('id', new IdPipe('destination')) id: string): Promise<Answer<SystemView>> {
    return this.destinations.get(caller, id);
  }

  @Put(':id')
  @Describe('replaceDestination', 'Replace a destination', 'Secrets that are left out, or sent as {"set": true}, stay.')
  @HonoursIfMatch()
  @Answers(200, systemSchema)
  replace(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('destination')) id: string,
    @Body({ schema: createSystemSchema }) body: CreateSystem,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<SystemView>> {
    return this.destinations.change(caller, id, body, ifMatch);
  }

  @Patch(':id')
  @Describe('changeDestination', 'Change some fields of a destination')
  @HonoursIfMatch()
  @Answers(200, systemSchema)
  change(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('destination')) id: string,
    @Body({ schema: patchSystemSchema }) body: SystemChange,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<Answer<SystemView>> {
    return this.destinations.change(caller, id, body, ifMatch);
  }

  @Delete(':id')
  @HttpCode(204)
  @Describe(
    'deleteDestination',
    'Delete a destination',
    'Refused while a connection uses it. It can be restored for MILLRACE_RESTORE_WINDOW.',
  )
  @HonoursIfMatch()
  @Answers(204)
  remove(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('destination')) id: string,
    @Query({ schema: deletionSchema }) { forever }: Deletion,
    @Headers('If-Match') ifMatch?: string,
  ): Promise<void> {
    return this.destinations.remove(caller, id, { forever, ifMatch });
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Describe('restoreDestination', 'Restore a deleted destination', 'What is not deleted stays as it is.')
  @Answers(200, systemSchema)
  restore(@Caller() caller: Principal, @Param('id', new IdPipe('destination')) id: string): Promise<Answer<SystemView>> {
    return this.destinations.restore(caller, id);
  }

  @Post(':id/check')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'checkDestination',
    'Try to reach a destination',
    'Answers with facts about the other system, or with a problem that says what is wrong.',
  )
  @Answers(200, checkResultSchema)
  check(@Caller() caller: Principal, @Param('id', new IdPipe('destination')) id: string): Promise<CheckResult> {
    return this.destinations.check(caller, id);
  }
}
