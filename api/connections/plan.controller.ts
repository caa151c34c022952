import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Caller, type Principal } from '../auth/principal.js';
import { RequireScope } from '../auth/scope.js';
import { IdPipe } from '../http/id-pipe.js';
import { type Page, pageSchema } from '../http/pagination.js';
import { Answers, BodyMayBeMissing, Describe, MayAnswer } from '../openapi/describe.js';
import { PLANS } from '../tokens.js';
import {
  planBodySchema,
  planSchema,
  schemaDiffSchema,
  type PlanBody,
  type PlanView,
  type SchemaDiffView,
} from './plan-schemas.js';
import type { PlanService } from './plan-service.js';
import { type SchemaQuery, schemaQuerySchema } from './schema-schemas.js';

@ApiTags('connections')
@Controller('v1/connections/:id')
export class PlanController {
  constructor(@Inject(PLANS) private readonly plans: PlanService) {}

  @Post('plan')
  @HttpCode(200)
  @RequireScope('operate')
  @Describe(
    'planSync',
    'Say what a run would do now',
    'Looks at source and destination and changes neither. What it says holds as long as both stay as they are.',
  )
  @BodyMayBeMissing()
  @Answers(200, planSchema)
  plan(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Body({ schema: planBodySchema }) body: PlanBody,
  ): Promise<PlanView> {
    return this.plans.plan(caller, id, body);
  }

  @Get('schemas/diff')
  @RequireScope('operate')
  @Describe(
    'diffSchemas',
    'What the source has now against the accepted columns, and what a run would make of it',
    'Asks the source; nothing is recorded.',
  )
  @Answers(200, pageSchema(schemaDiffSchema))
  @MayAnswer(422)
  schemaDiff(
    @Caller() caller: Principal,
    @Param('id', new IdPipe('connection')) id: string,
    @Query({ schema: schemaQuerySchema }) query: SchemaQuery,
  ): Promise<Page<SchemaDiffView>> {
    return this.plans.schemaDiff(caller, id, query.stream);
  }
}
